import { join } from "node:path";
import {
  canonicalText,
  compileRowHasher,
  MillraceError,
  type ColumnDefinition,
  type Inspector,
  type Json,
  type PipelineState,
  type Row,
  type RowVersion,
  type TableDefinition,
  type VerifyResult,
} from "@millrace/core";
import { FINGERPRINT_BYTES, readFingerprints } from "../data/file-meta.ts";
import { foreignFiles, liveFiles, type LiveFile } from "../data/live-files.ts";
import { decodeFile } from "../format/decoder.ts";
import { errno, ioError } from "../io/io-error.ts";
import type { Manifest } from "../state/manifest.ts";
import { allManifests, readManifest, replaceManifest } from "../state/manifests.ts";
import { pipelineHome } from "../state/paths.ts";
import { publish } from "../state/publish.ts";

/** Rows that are listed. */
const MAX_EXAMPLES = 100;

/** Rows of a file. */
export interface FileRows {
  readonly rows: readonly Row[];
  readonly columns: readonly ColumnDefinition[];
}

interface Found {
  readonly home: string;
  readonly definition: TableDefinition;
  /** What the names of its files end in. */
  readonly extension: string;
}

/** Reads what a folder of files holds. */
export class FilesInspector implements Inspector {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async tables(): Promise<
    readonly { readonly table: string; readonly pipeline: string; readonly mode: string }[]
  > {
    const manifests = await this.#manifests();
    return manifests.flatMap(({ pipeline, tables }) =>
      tables
        .filter(({ definition }) => definition.internal !== true)
        .map(({ definition: { name, mode } }) => ({ table: name, pipeline, mode })),
    );
  }

  /** The rows with this key as they are: files keep no versions. A snapshot table has one per snapshot. */
  async history(table: string, key: Readonly<Record<string, string>>): Promise<readonly RowVersion[]> {
    const { home, definition } = await this.#find(table);
    const versions: RowVersion[] = [];
    for (const file of await liveFiles(this.#root, home, definition)) {
      const texts = textsOf(file);
      for await (const rows of this.#read(file)) {
        for (const row of rows) {
          const values = texts(row);
          if (Object.entries(key).every(([column, text]) => values[column] === text))
            versions.push(version(file, values));
        }
      }
    }
    return versions;
  }

  async verify(table: string): Promise<VerifyResult> {
    const { home, definition, extension } = await this.#find(table);
    const result = {
      table,
      rows: 0,
      equal: 0,
      different: 0,
      examples: [] as VerifyResult["examples"][number][],
    };
    for (const file of await liveFiles(this.#root, home, definition)) {
      const outcome = await this.#verifyFile(file, definition, MAX_EXAMPLES - result.examples.length);
      result.rows += outcome.rows;
      result.equal += outcome.equal;
      result.different += outcome.different;
      result.examples.push(...outcome.examples);
    }
    // How many rows they have is not known, but readers of a glob see them.
    for (const file of await foreignFiles(this.#root, home, { ...definition, extension })) {
      result.different++;
      if (result.examples.length < MAX_EXAMPLES) result.examples.push({ key: { file }, fields: null });
    }
    return result;
  }

  async state(pipeline: string): Promise<PipelineState | undefined> {
    const manifest = await readManifest(pipelineHome(this.#root, pipeline));
    if (manifest === undefined) return undefined;
    const { attempt, id, run, checkpoints, epochs } = manifest;
    return {
      pipeline,
      attempt,
      lastCommit: id,
      run: run.id,
      finished: run.finished,
      checkpoints,
      openEpochs: epochs.map(({ epoch }) => epoch),
    };
  }

  async resetState(pipeline: string): Promise<void> {
    const home = pipelineHome(this.#root, pipeline);
    const manifest = await readManifest(home);
    if (manifest === undefined) return;
    await publish(this.#root, home, manifest);
    await replaceManifest(home, { ...manifest, checkpoints: new Map(), epochs: [] });
  }

  async close(): Promise<void> {}

  /** The columns of a table, as its next file has them. */
  async columns(table: string): Promise<readonly ColumnDefinition[]> {
    return (await this.#find(table)).definition.columns;
  }

  /** All rows of a table in storage form, with the columns of the file that they are in. */
  async *read(table: string): AsyncGenerator<FileRows, void, void> {
    const { home, definition } = await this.#find(table);
    for (const file of await liveFiles(this.#root, home, definition))
      for await (const rows of this.#read(file)) yield { rows, columns: file.file.columns };
  }

  #read({ path, file }: LiveFile): AsyncGenerator<Row[], void, void> {
    return decodeFile(join(this.#root, ...path.split("/")), file.as, file.columns);
  }

  async #manifests(): Promise<Manifest[]> {
    try {
      return await allManifests(this.#root);
    } catch (error) {
      throw ioError(error, `reading ${this.#root}`);
    }
  }

  async #find(table: string): Promise<Found> {
    const names: string[] = [];
    for (const { pipeline, tables } of await this.#manifests()) {
      for (const { definition, layout } of tables) {
        const { name, namespace } = definition;
        const full = namespace === undefined ? name : `${namespace}.${name}`;
        if (table === name || table === full)
          return {
            home: pipelineHome(this.#root, pipeline),
            definition,
            extension: layout.split("/")[0] ?? "",
          };
        names.push(full);
      }
    }
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `there is no table "${table}" in ${this.#root}`, {
      hint: `Tables: ${names.join(", ") || "none"}.`,
    });
  }

  async #verifyFile(
    live: LiveFile,
    definition: TableDefinition,
    maxExamples: number,
  ): Promise<Omit<VerifyResult, "table">> {
    const { file, meta } = live;
    const result = { rows: 0, equal: 0, different: 0, examples: [] as VerifyResult["examples"][number][] };
    const hash = compileRowHasher(file.columns);
    const texts = textsOf(live);
    const note = (key: Json): void => {
      result.different++;
      if (result.examples.length < maxExamples) result.examples.push({ key, fields: null });
    };
    try {
      for await (const rows of this.#read(live)) {
        const wanted = await readFingerprints(join(this.#root, ...meta.split("/")), result.rows, rows.length);
        for (const [index, row] of rows.entries()) {
          const at = index * FINGERPRINT_BYTES;
          result.rows++;
          if (hash(row).slice(0, FINGERPRINT_BYTES) === wanted.slice(at, at + FINGERPRINT_BYTES))
            result.equal++;
          else note(keyOf(definition, texts(row), { file: live.path, row: result.rows }));
        }
      }
      // Rows that were cut off, and whole files that are gone.
      for (let row = result.rows; row < file.rows; row++) note({ file: live.path, row: row + 1 });
    } catch (error) {
      if (errno(error) !== "ENOENT" && !(error instanceof MillraceError)) throw error;
      for (let row = result.equal + result.different; row < file.rows; row++)
        note({ file: live.path, row: row + 1 });
    }
    return { ...result, rows: Math.max(result.rows, result.equal + result.different) };
  }
}

type Texts = (row: Row) => Record<string, string | null>;

function textsOf({ file }: LiveFile): Texts {
  const columns = file.columns.map(({ name, type }) => ({ name, text: canonicalText(type) }));
  return (row) =>
    Object.fromEntries(
      columns.map(({ name, text }) => {
        const value: unknown = Object.hasOwn(row, name) ? row[name] : null;
        return [name, value === null || value === undefined ? null : text(value)];
      }),
    );
}

function keyOf({ key }: TableDefinition, values: Record<string, string | null>, otherwise: Json): Json {
  if (key.length === 0) return otherwise;
  return Object.fromEntries(key.map((column) => [column, values[column] ?? null]));
}

function version({ file }: LiveFile, values: Record<string, string | null>): RowVersion {
  return { operation: "current", changed: [], run: file.run, from: file.writtenAt, to: null, values };
}
