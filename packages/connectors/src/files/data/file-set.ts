import type { ColumnDefinition, Row } from "@millrace/core";
import type { FileLayout } from "../layout-options.ts";
import { DataFile, type WaitingFile } from "./data-file.ts";
import { Partitioner, WHOLE, type Partition } from "./partitions.ts";

/** Files of partitions that are open at once; beyond, the one that was not written to for longest is closed. */
const MOST_OPEN = 32;

/** What the files of a set have in common. */
export interface FileSetOptions {
  readonly folder: string;
  readonly layout: FileLayout;
  readonly columns: readonly ColumnDefinition[];
  /** Columns that name folders. */
  readonly folders: readonly string[];
  readonly run: string;
  readonly nowMs: () => number;
  /** A name that no other file of those that wait has. */
  readonly nextName: () => string;
}

/** Told where a row goes: the number of the file, and of the row in the file; `index` is the row's place among those that were given. */
export type OnRow = (
  row: Row,
  to: { readonly file: number; readonly ordinal: number; readonly index: number },
) => void;

/** Writes rows of one kind into files by partition, each up to its limit of size. */
export class FileSet {
  readonly #options: FileSetOptions;
  readonly #partitioner: Partitioner;
  readonly #open = new Map<string, { readonly file: DataFile; readonly number: number }>();
  readonly #closed: (WaitingFile | undefined)[] = [];
  readonly #first: number;
  #next: number;

  /** @param first number of the first file */
  constructor(options: FileSetOptions, first = 0) {
    this.#options = options;
    this.#first = first;
    this.#next = first;
    this.#partitioner = new Partitioner(options.columns, options.folders);
  }

  get columns(): readonly ColumnDefinition[] {
    return this.#options.columns;
  }

  async write(rows: readonly Row[], onRow?: OnRow): Promise<void> {
    for (const group of this.#grouped(rows)) {
      for (let at = 0; at < group.rows.length;) {
        const { file, number } = await this.#fileOf(group.partition);
        const part = group.rows.slice(at, at + Math.min(PART_ROWS, file.room));
        if (onRow !== undefined) {
          for (const [i, row] of part.entries())
            onRow(row, { file: number, ordinal: file.rows + i, index: group.indexes[at + i] ?? 0 });
        }
        await file.write(part);
        at += part.length;
      }
    }
  }

  /** Makes a file of the partition although it has no rows. */
  async writeEmpty(): Promise<void> {
    await this.#fileOf(WHOLE);
  }

  /** Finishes all files and gives them in the order of their numbers. */
  async close(): Promise<readonly WaitingFile[]> {
    for (const id of [...this.#open.keys()]) await this.#close(id);
    return this.#closed.filter((file) => file !== undefined);
  }

  async abandon(): Promise<void> {
    for (const { file } of this.#open.values()) await file.abandon();
    this.#open.clear();
  }

  #grouped(rows: readonly Row[]): Iterable<Group> {
    const groups = new Map<string, Group>();
    for (const [index, row] of rows.entries()) {
      const partition = this.#partitioner.of(row);
      const group = groups.get(partition.id);
      if (group === undefined) groups.set(partition.id, { partition, rows: [row], indexes: [index] });
      else {
        group.rows.push(row);
        group.indexes.push(index);
      }
    }
    return groups.values();
  }

  async #fileOf(partition: Partition): Promise<{ file: DataFile; number: number }> {
    const open = this.#open.get(partition.id);
    if (open !== undefined && open.file.room > 0) {
      // Maps keep the order of insertion: the first one is the one that was not used for longest.
      this.#open.delete(partition.id);
      this.#open.set(partition.id, open);
      return open;
    }
    if (open !== undefined) await this.#close(partition.id);
    if (this.#open.size >= MOST_OPEN) await this.#close(this.#open.keys().next().value as string);
    const { folder, layout, columns, run, nowMs, nextName } = this.#options;
    const file = await DataFile.open({
      folder,
      name: nextName(),
      layout,
      columns,
      folders: partition.folders,
      run,
      nowMs: nowMs(),
    });
    const made = { file, number: this.#next++ };
    this.#open.set(partition.id, made);
    return made;
  }

  async #close(id: string): Promise<void> {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.#closed[open.number - this.#first] = await open.file.close();
  }
}

interface Group {
  readonly partition: Partition;
  readonly rows: Row[];
  readonly indexes: number[];
}

/** Rows that are encoded at a time. */
const PART_ROWS = 1_024;
