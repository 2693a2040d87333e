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
  /** By number, in the order of their making. */
  readonly #files = new Map<number, WaitingFile>();
  #nextFile = 0;
  #set: FileSet | undefined;
  #keys: KeyIndex | undefined;
  /** Files with rows whose key came again. */
  readonly #outdated = new Set<number>();
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
      stage.#files.set(stage.#nextFile++, { folder, name, meta });
      stage.rows += meta.rows;
    }
    if (definition.key.length > 0) await stage.#indexAgain();
    return stage;
  }

  /** Names of its files. */
  get names(): readonly string[] {
    return [...this.#files.values()].map(({ name }) => name);
  }

  async redefine(definition: TableDefinition): Promise<void> {
    await this.#closeSet();
    this.#definition = definition;
    this.#keys?.retype(this.#keyColumns());
  }

  async write({ rows }: EncodableBatch): Promise<void> {
    if (rows.length === 0) return;
    this.#set ??= openSet(this.#context, this.#definition, this.#nextFile);
    if (this.#definition.key.length === 0) {
      await this.#set.write(rows);
      this.#count(rows.length);
      return;
    }
    const keys = (this.#keys ??= this.#openKeys());
    const turn = this.#turn;
    this.#turn += rows.length;
    await this.#set.write(rows, (row, { file, ordinal, index }) => {
      const again = keys.put(row, { file, ordinal, part: this.#part, turn: turn + index });
      if (again === undefined) return this.#count(1);
      this.counts[again.part === this.#part ? "duplicates" : "updated"]++;
      this.#outdated.add(again.outdated);
    });
  }

  /** Finishes the files that are open, and writes those again that hold more than one row of a key. */
  async finish(): Promise<void> {
    await this.#closeSet();
    for (const number of [...this.#outdated]) await this.#withoutOutdated(number);
    this.#outdated.clear();
    await this.#closeSet();
  }

  /** The files to reveal, all with the table's columns. */
  async complete(): Promise<readonly WaitingFile[]> {
    await this.finish();
    const { columns } = this.#definition;
    const files = [...this.#files.values()];
    if (files.every(({ meta }) => hasColumns(meta, columns))) return files;
    const target = openSet(this.#context, this.#definition);
    for (const { folder, name, meta } of files) await rewrite({ path: join(folder, name), meta }, target);
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

  async #closeSet(): Promise<void> {
    for (const file of (await this.#set?.close()) ?? []) this.#files.set(this.#nextFile++, file);
    this.#set = undefined;
  }

  async #withoutOutdated(number: number): Promise<void> {
    const file = this.#files.get(number);
    const keys = this.#keys;
    if (file === undefined || keys === undefined) return;
    const last = keys.lastRows(number, file.meta.rows);
    this.#set ??= openSet(this.#context, this.#definition, this.#nextFile);
    const source = { path: join(file.folder, file.name), meta: file.meta };
    await rewrite(source, this.#set, {
      keep: (_row, ordinal) => last[ordinal] === 1,
      onRow: (row, { file: to, ordinal }) =>
        keys.put(row, { file: to, ordinal, part: this.#part, turn: this.#turn++ }),
    });
    this.#files.delete(number);
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
    for (const [file, { folder, name, meta }] of this.#files) {
      keys.retype(meta.columns.filter((column) => this.#definition.key.includes(column.name)));
      let ordinal = 0;
      for await (const rows of decodeFile(join(folder, name), meta.as, meta.columns)) {
        for (const row of rows) {
          keys.put(row, { file, ordinal: ordinal++, part: 0, turn: this.#turn++ });
          this.rows++;
        }
      }
    }
    keys.retype(this.#keyColumns());
  }
}
