import { join } from "node:path";
import type { Cut, EncodableBatch, TableDefinition } from "@millrace/core";
import type { WaitingFile } from "../data/data-file.ts";
import { FileSet } from "../data/file-set.ts";
import { partitionColumns } from "../data/partitions.ts";
import { hasColumns, rewrite } from "../data/rewrite.ts";
import type { FilesContext } from "./context.ts";
import { PartNames } from "./part-names.ts";
import type { TableOutcome, TableWork } from "./table-work.ts";

/** append: each commit adds files. Those of one commit have the same columns; older files keep theirs. */
export class AppendWork implements TableWork {
  definition: TableDefinition;
  readonly #context: FilesContext;
  #set: FileSet | undefined;
  #files: WaitingFile[] = [];
  #rows = 0;

  constructor(context: FilesContext, definition: TableDefinition) {
    this.#context = context;
    this.definition = definition;
  }

  async redefine(definition: TableDefinition, grown: boolean): Promise<void> {
    if (grown) await this.#finish();
    this.definition = definition;
  }

  async write({ rows }: EncodableBatch): Promise<void> {
    if (rows.length === 0) return;
    this.#set ??= openSet(this.#context, this.definition);
    await this.#set.write(rows);
    this.#rows += rows.length;
  }

  async prepare(cut: Cut): Promise<TableOutcome> {
    await this.#finish();
    const files = await this.#alike();
    const names = new PartNames(this.#context, this.definition, cut.id);
    const add = files.map(({ name, meta }) => ({ from: name, ...names.next(meta.folders) }));
    const inserted = this.#rows;
    return { add, remove: [], counts: inserted === 0 ? {} : { inserted } };
  }

  pending(): readonly string[] {
    return [];
  }

  committed(): void {
    this.#files = [];
    this.#rows = 0;
  }

  async close(): Promise<void> {
    await this.#set?.abandon();
    this.#set = undefined;
  }

  async #finish(): Promise<void> {
    this.#files.push(...((await this.#set?.close()) ?? []));
    this.#set = undefined;
  }

  /** Files that were written before a column came or became wider are written again. */
  async #alike(): Promise<readonly WaitingFile[]> {
    const { columns } = this.definition;
    if (this.#files.every(({ meta }) => hasColumns(meta, columns))) return this.#files;
    const set = openSet(this.#context, this.definition);
    const kept: WaitingFile[] = [];
    for (const file of this.#files) {
      if (hasColumns(file.meta, columns)) kept.push(file);
      else await rewrite({ path: join(file.folder, file.name), meta: file.meta }, set);
    }
    this.#files = [...(await set.close()), ...kept];
    return this.#files;
  }
}

/** A set of files for a table as it is now. */
export function openSet(context: FilesContext, definition: TableDefinition, first = 0): FileSet {
  const { waiting, layout, run, nowMs } = context;
  const { name, columns, internal } = definition;
  return new FileSet(
    {
      folder: waiting,
      layout,
      columns,
      folders: internal === true ? [] : partitionColumns(name, layout.partitionBy, columns),
      run,
      nowMs,
      nextName: () => context.nextName(),
    },
    first,
  );
}
