import type { ColumnDefinition, Row } from "@millrace/core";
import { columnSql, scalarForm } from "../codec/column-form.ts";
import { condition } from "../codec/literal.ts";
import { quote } from "../server/quote.ts";
import { whereValues, type EpochRecord } from "../state/epoch-record.ts";
import { STATE_DATABASE } from "../state/names.ts";
import type { CommitContext, CompletedEpoch, Place } from "./commit-context.ts";
import type { EpochMarks } from "./epoch-marks.ts";

/** What is compared, of a commit. */
export interface DiffScope {
  readonly context: CommitContext;
  /** Completing epochs that may remove. */
  readonly removing: readonly CompletedEpoch[];
  readonly marks: EpochMarks;
  /** Whether children that their parents did not bring are removed. */
  readonly orphans: boolean;
  /** Whether any of `removing` has a scope. */
  readonly scoped: boolean;
}

/** The name that a column has within a comparison, where no name of a user may collide with one of ours. */
export function diffColumn(columns: readonly ColumnDefinition[], name: string): string {
  return `_mlr_c${columns.findIndex((column) => column.name === name)}`;
}

const ZERO = "toUInt64(0)";

interface Branch {
  readonly src: number;
  readonly from: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly marks?: readonly string[];
  readonly inserted?: readonly string[];
  readonly groupMarks?: readonly string[];
}

/** The sources of a comparison, all with the same columns. */
export class DiffBranches {
  readonly #scope: DiffScope;
  readonly #columns: readonly ColumnDefinition[];
  /** The columns under the names of the comparison. */
  readonly #renamed: readonly ColumnDefinition[];

  constructor(scope: DiffScope) {
    this.#scope = scope;
    this.#columns = scope.context.layout.definition.columns;
    this.#renamed = this.#columns.map((column, index) => ({ ...column, name: `_mlr_c${index}` }));
  }

  /** Key columns under the names of the comparison. */
  get key(): readonly string[] {
    return this.#scope.context.layout.definition.key.map((name) => diffColumn(this.#columns, name));
  }

  /** All sources that there are. `where` limits the stored rows. */
  all(where: string): string[] {
    const { stage, main, completed } = this.#scope.context;
    const branches = [this.#stored(main, where)];
    if (stage?.rows !== undefined) branches.push(this.#came(stage.rows));
    if (stage?.kept !== undefined) branches.push(this.#kept(stage.kept));
    for (const epoch of completed) {
      if (epoch.stored !== undefined && this.#scope.removing.includes(epoch))
        branches.push(this.#seen(epoch.record.id, epoch.stored));
    }
    return branches;
  }

  #came(table: string): string {
    const { marks, context } = this.#scope;
    const groups = context.stage?.groups ?? [];
    return this.#branch({
      src: 1,
      values: { ord: "_ordinal", seq: "_sequence", grp: "_group", ...this.#ofRows("_ordinal") },
      marks: marks.ofGroup("m", "_group", groups),
      groupMarks: marks.ofGroup("g", "_group", groups),
      from: this.#rows(quote(STATE_DATABASE, table), ["_ordinal", "_sequence", "_group"]),
    });
  }

  #stored({ database, table }: Place, where: string): string {
    return this.#branch({
      src: 2,
      values: { ver: "_version", gone: "_removed", ...this.#ofRows(ZERO) },
      from: this.#rows(quote(database, table), ["_version", "_removed"], where),
    });
  }

  #kept(table: string): string {
    const { marks, context } = this.#scope;
    return this.#branch({
      src: 3,
      values: { kept: "toUInt8(1)" },
      marks: marks.ofGroup("m", "_group", context.stage?.groups ?? []),
      from: this.#keys(quote(STATE_DATABASE, table), "_group"),
    });
  }

  #seen(id: string, { database, table }: Place): string {
    const { marks } = this.#scope;
    const inserted = marks
      .of([id])
      .map((number, word) => `if(_inserted = 1, toUInt64(${number}), ${ZERO}) AS i${word}`);
    return this.#branch({
      src: 4,
      marks: marks.columns("m", [id]),
      inserted,
      from: this.#keys(quote(database, table), "_inserted"),
    });
  }

  #branch({ src, from, values = {}, marks, inserted, groupMarks }: Branch): string {
    const { scoped, context } = this.#scope;
    const own = this.#scope.marks;
    const list = [
      ...this.key,
      `toUInt8(${src}) AS src`,
      ...["ord", "seq", "grp", "ver"].map((name) => `${values[name] ?? ZERO} AS ${name}`),
      `${values["gone"] ?? "toInt16(0)"} AS gone`,
      `${values["hash"] ?? "''"} AS hash`,
      `${values["own"] ?? "toUInt8(0)"} AS own`,
      `${values["pseq"] ?? ZERO} AS pseq_`,
      `${values["kept"] ?? "toUInt8(0)"} AS kept`,
      ...(scoped ? [`${values["w"] ?? "emptyArrayUInt8()"} AS w`] : []),
      ...(context.versionColumn === undefined ? [] : [`${values["rank"] ?? this.#rank(undefined)} AS rank`]),
      ...(marks ?? own.columns("m", [])),
      ...(inserted ?? own.columns("i", [])),
      ...(groupMarks ?? own.columns("g", [])),
    ];
    return `SELECT ${list.join(", ")} FROM ${from}`;
  }

  /** What rows, those that came and those that are stored, tell besides their key. */
  #ofRows(ordinal: string): Record<string, string> {
    const { context, orphans } = this.#scope;
    return {
      own: `toUInt8(${this.#own()})`,
      w: this.#scopes(),
      ...(context.layout.definition.mode === "merge" ? { hash: "_row_hash" } : {}),
      ...(orphans ? { pseq: "toUInt64(pseq)" } : {}),
      ...(context.versionColumn === undefined ? {} : { rank: this.#rank(ordinal) }),
    };
  }

  /** A table of rows with the columns that are looked at, under the names of the comparison; with the parents that came. */
  #rows(table: string, extra: readonly string[], where = "1"): string {
    const { context, orphans } = this.#scope;
    const { mode, parentKey = [] } = context.layout.definition;
    const hash = mode === "merge" ? ["_row_hash"] : [];
    const list = [...this.#needed().map((name) => this.#aliased(name)), ...extra, ...hash].join(", ");
    const rows = `(SELECT ${list} FROM ${table} WHERE ${where})`;
    const parents = context.stage?.parents;
    if (!orphans || parents === undefined) return rows;
    const names = parentKey.map((name) => diffColumn(this.#columns, name)).join(", ");
    const own = parentKey.map((name) => this.#aliased(name)).join(", ");
    return `${rows} ANY LEFT JOIN (SELECT ${own}, max(_sequence) AS pseq FROM ${quote(STATE_DATABASE, parents)} GROUP BY ${names}) USING (${names})`;
  }

  #keys(table: string, extra: string): string {
    const { key } = this.#scope.context.layout.definition;
    return `(SELECT ${key.map((name) => this.#aliased(name)).join(", ")}, ${extra} FROM ${table})`;
  }

  #aliased(name: string): string {
    return `${quote(name)} AS ${diffColumn(this.#columns, name)}`;
  }

  #needed(): string[] {
    const { context, removing, orphans } = this.#scope;
    const { key, discriminator, parentKey } = context.layout.definition;
    const scopes = removing.flatMap(({ record }) => Object.keys(record.where ?? {}));
    const names = new Set([
      ...key,
      ...scopes,
      ...(discriminator === undefined ? [] : [discriminator.column]),
      ...(context.versionColumn === undefined ? [] : [context.versionColumn]),
      ...(orphans ? (parentKey ?? []) : []),
    ]);
    return [...names].filter((name) => this.#columns.some((column) => column.name === name));
  }

  /** Rows that this pipeline may remove. */
  #own(): string {
    const { discriminator } = this.#scope.context.layout.definition;
    return discriminator === undefined
      ? "1"
      : this.#condition({ where: { [discriminator.column]: discriminator.value } });
  }

  /** By epoch: whether the row is in its scope. */
  #scopes(): string {
    const list = this.#scope.removing.map(({ record }) => `toUInt8(${this.#condition(record)})`);
    return list.length === 0 ? "emptyArrayUInt8()" : `[${list.join(", ")}]`;
  }

  #condition(record: Pick<EpochRecord, "where">): string {
    const values = whereValues(record, this.#columns);
    if (typeof values === "string") return values === "whole" ? "1" : "0";
    const renamed: Row = {};
    for (const [name, value] of Object.entries(values)) renamed[diffColumn(this.#columns, name)] = value;
    return condition(renamed, this.#renamed, this.#scope.context.work.server.features);
  }

  /** Rows without a version come first, then by version, then by the order in which they came. */
  #rank(ordinal: string | undefined): string {
    const name = this.#scope.context.versionColumn;
    const index = this.#columns.findIndex((column) => column.name === name);
    const column = this.#columns[index];
    if (column === undefined) return `tuple(toUInt8(0), toInt64(0), ${ordinal ?? ZERO})`;
    if (ordinal === undefined) return `tuple(toUInt8(0), ${this.#nothing(column)}, ${ZERO})`;
    const value = `_mlr_c${index}`;
    return column.nullable === false
      ? `tuple(toUInt8(1), ${value}, ${ordinal})`
      : `tuple(toUInt8(isNotNull(${value})), assumeNotNull(${value}), ${ordinal})`;
  }

  #nothing(column: ColumnDefinition): string {
    const { features } = this.#scope.context.work.server;
    if (column.type.kind === "array") return `CAST([] AS ${columnSql(column, features)})`;
    const { sql, layout } = scalarForm(column.type, features);
    if (layout === "text" || layout === "bytes") return "''";
    return layout === "uuid" ? "toUUID('00000000-0000-0000-0000-000000000000')" : `CAST(0 AS ${sql})`;
  }
}
