import { join } from "node:path";
import type { ColumnDefinition, EncodableBatch, TableDefinition } from "@millrace/core";
import type { WaitingFile } from "../data/data-file.ts";
import { readMeta } from "../data/file-meta.ts";
import type { FileSet } from "../data/file-set.ts";
import { KeyIndex } from "../data/key-index.ts";
import { hasColumns, rewrite } from "../data/rewrite.ts";
import { decodeFile } from "../format/decoder.ts";
import { waitingFolder } from "../state/paths.ts";
import { META } from "../state/publish.ts";
import { openSet } from "./append-work.ts";
import type { FilesContext } from "./context.ts";

/** What came in one commit. */
export interface StageCounts {
  inserted: number;
  updated: number;
  duplicates: number;
}

/** replace and snapshot: the rows of an epoch, waiting in files until it completes. */
export class EpochStage {
  counts: StageCounts = { inserted: 0, updated: 0, duplicates: 0 };
  /** Rows that it has brought, one per key where there is a key. */
  rows = 0;
  readonly #context: FilesContext;
  #definition: TableDefinition;
  #files: WaitingFile[] = [];
  #set: FileSet | undefined;
  #keys: KeyIndex | undefined;
  /** Some key came more than once. */
  #repeated = false;
  #part = 0;
  #turn = 0;

  constructor(context: FilesContext, definition: TableDefinition) {
    this.#context = context;
    this.#definition = definition;
  }

  /** Goes on with what an earlier attempt left. */
  static async resume(
    context: FilesContext,
    definition: TableDefinition,
    pending: readonly string[],
  ): Promise<EpochStage> {
    const stage = new EpochStage(context, definition);
    for (const name of pending) {
      const folder = waitingFolder(context.home);
      const meta = await readMeta(join(folder, `${name}${META}`));
      stage.#files.push({ folder, name, meta });
      stage.rows += meta.rows;
    }
    if (definition.key.length > 0) await stage.#indexAgain();
    return stage;
  }

  /** Names of its files. */
  get names(): readonly string[] {
    return this.#files.map(({ name }) => name);
  }

  async redefine(definition: TableDefinition): Promise<void> {
    await this.finish();
    this.#definition = definition;
    this.#keys?.retype(this.#keyColumns());
  }

  async write({ rows }: EncodableBatch): Promise<void> {
    if (rows.length === 0) return;
    this.#set ??= openSet(this.#context, this.#definition, this.#files.length);
    if (this.#definition.key.length === 0) {
      await this.#set.write(rows);
      this.#count(rows.length);
      return;
    }
    const keys = (this.#keys ??= this.#openKeys());
    const turn = this.#turn;
    this.#turn += rows.length;
    await this.#set.write(rows, (row, { file, ordinal, index }) => {
      const earlier = keys.put(row, { file, ordinal, part: this.#part, turn: turn + index });
      if (earlier === undefined) return this.#count(1);
      this.counts[earlier === this.#part ? "duplicates" : "updated"]++;
      this.#repeated = true;
    });
  }

  /** Finishes the files that are open. */
  async finish(): Promise<void> {
    this.#files.push(...((await this.#set?.close()) ?? []));
    this.#set = undefined;
  }

  /** The files to reveal: one row per key, all with the table's columns. */
  async complete(): Promise<readonly WaitingFile[]> {
    await this.finish();
    const { columns } = this.#definition;
    if (!this.#repeated && this.#files.every(({ meta }) => hasColumns(meta, columns))) return this.#files;
    const target = openSet(this.#context, this.#definition);
    for (const [number, { folder, name, meta }] of this.#files.entries()) {
      const last = this.#repeated ? this.#keys?.lastRows(number, meta.rows) : undefined;
      const source = { path: join(folder, name), meta };
      await rewrite(source, target, (_row, ordinal) => last === undefined || last[ordinal] === 1);
    }
    return target.close();
  }

  /** The counts begin anew with the next commit. */
  committed(): void {
    this.counts = { inserted: 0, updated: 0, duplicates: 0 };
    this.#part++;
  }

  async close(): Promise<void> {
    await this.#set?.abandon();
    this.#set = undefined;
    this.#keys?.close();
    this.#keys = undefined;
  }

  #count(rows: number): void {
    this.counts.inserted += rows;
    this.rows += rows;
  }

  #openKeys(): KeyIndex {
    return new KeyIndex(join(this.#context.waiting, `${this.#context.nextName()}.keys`), this.#keyColumns());
  }

  #keyColumns(): readonly ColumnDefinition[] {
    const { key, columns } = this.#definition;
    return columns.filter(({ name }) => key.includes(name));
  }

  /** The index of the keys is not kept: it is made of the files. */
  async #indexAgain(): Promise<void> {
    const keys = (this.#keys = this.#openKeys());
    this.rows = 0;
    this.#part = 1;
    for (const [file, { folder, name, meta }] of this.#files.entries()) {
      keys.retype(meta.columns.filter((column) => this.#definition.key.includes(column.name)));
      let ordinal = 0;
      for await (const rows of decodeFile(join(folder, name), meta.as, meta.columns)) {
        for (const row of rows) {
          const earlier = keys.put(row, { file, ordinal: ordinal++, part: 0, turn: this.#turn++ });
          if (earlier === undefined) this.rows++;
          else this.#repeated = true;
        }
      }
    }
    keys.retype(this.#keyColumns());
  }
}
