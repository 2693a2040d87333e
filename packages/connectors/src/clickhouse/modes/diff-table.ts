import { MillraceError } from "@millrace/core";
import { physicalColumns } from "../define/layout.ts";
import { quote } from "../server/quote.ts";
import { whereValues } from "../state/epoch-record.ts";
import { condition } from "../codec/literal.ts";
import { STATE_DATABASE } from "../state/names.ts";
import type { CommitContext, CompletedEpoch } from "./commit-context.ts";
import { diffColumn, type DiffScope } from "./diff-branches.ts";
import { DiffSql } from "./diff-sql.ts";
import { EpochMarks } from "./epoch-marks.ts";

/** Up to so many keys that came, the stored rows are looked up by key; above, all of them are read. */
const LOOKUP_KEYS = 100_000;

/** What a comparison came to, in numbers. */
export interface DiffCounts {
  readonly staged: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly restored: number;
  /** Removed because their parent came without them. */
  readonly orphans: number;
  /** Removed by completed epochs. */
  readonly unseen: number;
  /** Rows to be written: the new ones, and a mark for each removed one. */
  readonly written: number;
  readonly marks: number;
  /** Removed rows that came or changed in this very commit. */
  readonly fresh: number;
  /** By removing epoch: rows it removes, and rows that is measured against. */
  readonly removedBy: readonly number[];
  readonly before: readonly number[];
  /** By open epoch: keys it saw in this commit. */
  readonly seen: ReadonlyMap<string, number>;
}

/** The comparison of a commit with what is stored, as a table of the attempt's own. */
export class DiffTable {
  readonly context: CommitContext;
  readonly removing: readonly CompletedEpoch[];
  readonly marks: EpochMarks;
  readonly name: string;
  readonly #sql: DiffSql;

  private constructor(context: CommitContext, scope: DiffScope, sql: DiffSql, name: string) {
    this.context = context;
    this.removing = scope.removing;
    this.marks = scope.marks;
    this.#sql = sql;
    this.name = quote(STATE_DATABASE, name);
  }

  /** Compares. `removing` are the completed epochs that may remove. */
  static async create(context: CommitContext, removing: readonly CompletedEpoch[]): Promise<DiffTable> {
    const { work, layout, stage } = context;
    const marks = new EpochMarks([...removing.map(({ record }) => record.id), ...context.open.keys()]);
    const orphans = stage?.parents !== undefined && layout.definition.removals !== "keep";
    const scoped = removing.some(({ record }) => record.where !== undefined);
    const scope: DiffScope = { context, removing, marks, orphans, scoped };
    const sql = new DiffSql(scope);
    const { columns, key } = layout.definition;
    const keyColumns = physicalColumns({ columns, lowCardinality: new Set() }, work.server.features);
    const named = key.map((name) => ({
      name: diffColumn(columns, name),
      sql: keyColumns.find((column) => column.name === name)?.sql ?? "String",
    }));
    const table = await work.create("diff", [...named, ...sql.columns], "MergeTree ORDER BY tuple()");
    const doing = `comparing rows with table "${layout.definition.name}"`;
    const statement = sql.select(storedFilter(scope));
    await work.server.run(`INSERT INTO ${quote(STATE_DATABASE, table)}\n${statement}`, { doing });
    return new DiffTable(context, scope, sql, table);
  }

  /** Key columns under their names here, and those in the user's table, in the same order. */
  get key(): string {
    return this.#sql.key.join(", ");
  }

  get userKey(): string {
    return this.context.layout.definition.key.map((name) => quote(name)).join(", ");
  }

  async count(): Promise<DiffCounts> {
    const cuts = this.removing.map((_, index) => index + 1);
    const open = [...this.context.open.keys()];
    const list = [
      "sum(st), sum(ins), sum(upd), sum(same), sum(restored), sum(orphan), countIf(removed_by > 0)",
      "countIf((ins OR upd) AND removed_by = 0), countIf(removed_by > 0 OR orphan), countIf((ins OR upd) AND removed_by > 0)",
      array(cuts.map((cut) => `countIf(removed_by = ${cut})`)),
      array(
        cuts.map(
          (cut) => `countIf(arrayElement(before, ${cut}) AND (removed_by = 0 OR removed_by >= ${cut}))`,
        ),
      ),
      array(open.map((id) => `countIf(${this.marks.has("m", id)})`)),
    ];
    const [row] = await this.context.work.server.values(`SELECT ${list.join(", ")} FROM ${this.name}`);
    if (row === undefined) throw new MillraceError("MLR_INTERNAL", "a comparison has no counts");
    const numbers = row.slice(0, 10).map(Number);
    const [staged = 0, inserted = 0, updated = 0, unchanged = 0, restored = 0, orphans = 0, unseen = 0] =
      numbers;
    const [written = 0, marks = 0, fresh = 0] = numbers.slice(7);
    const lists = row.slice(10).map((each) => (each as unknown[]).map(Number));
    const [removedBy = [], before = [], seen = []] = lists;
    const bySeen = new Map(open.map((id, index) => [id, seen[index] ?? 0]));
    return {
      staged,
      inserted,
      updated,
      unchanged,
      restored,
      orphans,
      unseen,
      written,
      marks,
      fresh,
      removedBy,
      before,
      seen: bySeen,
    };
  }
}

/** A list of numbers; the 0 of an empty one is not looked at. */
function array(expressions: readonly string[]): string {
  return `[${expressions.length === 0 ? "toUInt64(0)" : expressions.join(", ")}]`;
}

/** Which stored rows have to be looked at: all, or those of the keys that came and those that the epochs may remove. */
function storedFilter(scope: DiffScope): string {
  const { stage, layout } = scope.context;
  const { columns, key } = layout.definition;
  const scopes = scope.removing.map(({ record }) => whereValues(record, columns));
  const came = (stage?.count ?? 0) + (stage?.keptCount ?? 0);
  if (scopes.includes("whole") || came > LOOKUP_KEYS) return "1";
  const names = key.map((name) => quote(name)).join(", ");
  const tables = [stage?.rows, stage?.kept].flatMap((table) =>
    table === undefined ? [] : [quote(STATE_DATABASE, table)],
  );
  const sets = [
    ...tables.map((table) => `SELECT ${names} FROM ${table}`),
    ...removableKeys(scope, names, scopes),
  ];
  return sets.length === 0 ? "0" : `(${names}) IN (${sets.join(" UNION ALL ")})`;
}

/** SELECTs of the keys that epochs with a scope, and parents, may remove. */
function removableKeys(
  { context, orphans }: DiffScope,
  names: string,
  scopes: readonly ReturnType<typeof whereValues>[],
): string[] {
  const { stage, layout, main, work } = context;
  const { columns, parentKey = [] } = layout.definition;
  const from = quote(main.database, main.table);
  const sets: string[] = [];
  const conditions = scopes.flatMap((scope) =>
    typeof scope === "string" ? [] : [`(${condition(scope, columns, work.server.features)})`],
  );
  // All versions of a key that ever was in the scope: an older one alone would look like the current one.
  if (conditions.length > 0) sets.push(`SELECT ${names} FROM ${from} WHERE ${conditions.join(" OR ")}`);
  if (orphans && stage?.parents !== undefined) {
    const parents = parentKey.map((name) => quote(name)).join(", ");
    const came = `SELECT ${parents} FROM ${quote(STATE_DATABASE, stage.parents)}`;
    sets.push(`SELECT ${names} FROM ${from} WHERE (${parents}) IN (${came})`);
  }
  return sets;
}
