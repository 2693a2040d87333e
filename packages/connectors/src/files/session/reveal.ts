import { join } from "node:path";
import { canonicalText, type Row, type TableDefinition } from "@millrace/core";
import type { WaitingFile } from "../data/data-file.ts";
import { liveFiles, snapshotFolder, snapshotOf, type LiveFile } from "../data/live-files.ts";
import { rewrite } from "../data/rewrite.ts";
import type { Move, Placed } from "../state/manifest.ts";
import { openSet } from "./append-work.ts";
import type { FilesContext } from "./context.ts";
import { onlyFile, PartNames } from "./part-names.ts";

/** A scope as canonical texts by column. */
export type Where = Readonly<Record<string, string | null>>;

/** A file as it is after the steps so far: with `from` where it still waits. */
type Shown = LiveFile & { readonly from?: string; readonly folder?: string };

/** Works out what completed readings do to the files that readers find, without touching them. */
export class Reveal {
  readonly #context: FilesContext;
  readonly #definition: TableDefinition;
  readonly #names: PartNames;
  readonly #before: ReadonlyMap<string, LiveFile>;
  readonly #shown: Map<string, Shown>;
  /** Rows that were taken away. */
  removed = 0;

  private constructor(
    context: FilesContext,
    definition: TableDefinition,
    own: { commit: bigint; files: readonly LiveFile[] },
  ) {
    this.#context = context;
    this.#definition = definition;
    this.#names = new PartNames(context, definition, own.commit);
    this.#before = new Map(own.files.map((file) => [file.path, file]));
    this.#shown = new Map(this.#before);
  }

  static async open(context: FilesContext, definition: TableDefinition, commit: bigint): Promise<Reveal> {
    const files = await liveFiles(context.root, context.home, definition);
    return new Reveal(context, definition, { commit, files });
  }

  /** Snapshots that the table has. */
  get scopes(): readonly string[] {
    return [
      ...new Set([...this.#shown.values()].flatMap((file) => snapshotOf(this.#definition, file) ?? [])),
    ];
  }

  /** Takes away the rows of a snapshot (undefined: of the table) and scope, and puts these files in their place. */
  async replace(
    files: readonly WaitingFile[],
    { where, snapshot }: { readonly where: Where | undefined; readonly snapshot: string | undefined },
  ): Promise<void> {
    for (const file of [...this.#shown.values()]) {
      if (snapshotOf(this.#definition, file) !== snapshot) continue;
      await this.#takeAway(file, where, snapshot);
    }
    const [first, ...rest] = files;
    const whole = where === undefined && snapshot === undefined && this.#hasOneFolder;
    if (whole && first !== undefined) this.#show(onlyFile(this.#context, this.#definition), first);
    for (const file of whole ? rest : files) this.#show(this.#place(file, snapshot), file);
  }

  /** Takes away whole snapshots. */
  expire(scopes: ReadonlySet<string>): void {
    for (const file of [...this.#shown.values()]) {
      const scope = snapshotOf(this.#definition, file);
      if (scope !== undefined && scopes.has(scope)) this.#hide(file);
    }
  }

  async moves(): Promise<{ add: readonly Move[]; remove: readonly Placed[] }> {
    await this.#keepOnlyFile();
    const add = [...this.#shown.values()].flatMap(({ from, path, meta }) =>
      from === undefined ? [] : [{ from, path, meta }],
    );
    const remove = [...this.#before.values()]
      .filter(({ path }) => !this.#shown.has(path))
      .map(({ path, meta }) => ({ path, meta }));
    // The file that is overwritten comes last: readers who see it see all the others.
    const only = onlyFile(this.#context, this.#definition).path;
    return { add: add.toSorted((a, b) => Number(a.path === only) - Number(b.path === only)), remove };
  }

  /** All files of the table are in one folder. */
  get #hasOneFolder(): boolean {
    const { mode, internal } = this.#definition;
    return mode === "replace" && (internal === true || this.#context.layout.partitionBy.length === 0);
  }

  async #takeAway(file: Shown, where: Where | undefined, snapshot: string | undefined): Promise<void> {
    const inside = where === undefined ? true : insideOf(file, where);
    if (inside === false) return;
    if (inside === true) return this.#hide(file);
    const isInside = matcher(file.file.columns, where ?? {});
    const set = openSet(this.#context, this.#definition);
    const path =
      file.from === undefined || file.folder === undefined
        ? join(this.#context.root, ...file.path.split("/"))
        : join(file.folder, file.from);
    const dropped = await rewrite({ path, meta: file.file }, set, { keep: (row) => !isInside(row) });
    const kept = await set.close();
    if (dropped === 0) return;
    this.#shown.delete(file.path);
    this.removed += dropped;
    const [first, ...rest] = kept;
    const isOnly = file.path === onlyFile(this.#context, this.#definition).path;
    if (isOnly && first !== undefined) this.#show(file, first);
    for (const each of isOnly ? rest : kept) this.#show(this.#place(each, snapshot), each);
  }

  /** A name that is overwritten is never removed: it is emptied instead, and a whole reading without rows leaves it too. */
  async #keepOnlyFile(): Promise<void> {
    const only = onlyFile(this.#context, this.#definition);
    const wanted = this.#before.has(only.path) || (this.#hasOneFolder && this.#shown.size === 0);
    if (!wanted || this.#shown.has(only.path) || this.#definition.columns.length === 0) return;
    const set = openSet(this.#context, this.#definition);
    await set.writeEmpty();
    for (const file of await set.close()) this.#show(only, file);
  }

  #place({ meta }: WaitingFile, snapshot: string | undefined): Placed {
    return this.#names.next([...(snapshot === undefined ? [] : [snapshotFolder(snapshot)]), ...meta.folders]);
  }

  #show({ path, meta }: Placed, { folder, name, meta: file }: WaitingFile): void {
    this.#shown.set(path, { path, meta, file, folder, from: name });
  }

  #hide(file: Shown): void {
    this.#shown.delete(file.path);
    this.removed += file.file.rows;
  }
}

/** Whether all rows of a file lie in a scope, none of them, or (undefined) only its rows can tell. */
function insideOf({ file }: LiveFile, where: Where): boolean | undefined {
  const known = Object.entries(where).map(([column, text]) =>
    Object.hasOwn(file.constants, column) ? file.constants[column] === text : undefined,
  );
  if (known.includes(false)) return false;
  return known.includes(undefined) ? undefined : true;
}

function matcher(columns: TableDefinition["columns"], where: Where): (row: Row) => boolean {
  const wanted = Object.entries(where).map(([name, text]) => {
    const column = columns.find((each) => each.name === name);
    const textOf = column === undefined ? undefined : canonicalText(column.type);
    return { name, text, textOf };
  });
  return (row) =>
    wanted.every(({ name, text, textOf }) => {
      const value: unknown = Object.hasOwn(row, name) ? row[name] : null;
      if (value === null || value === undefined) return text === null;
      return textOf?.(value) === text;
    });
}
