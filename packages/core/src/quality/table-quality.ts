import type { ErrorCode } from "../error-codes.ts";
import type { Json } from "../json.ts";
import type { Row } from "../row.ts";
import { normalizeIdentifier } from "../schema/names.ts";
import type { ColumnDefinition, SchemaChange, TableDefinition } from "../schema/table.ts";
import type { FindColumn, QualityRule, RowTest } from "./quality-rule.ts";
import type { QualityResult } from "./quality-result.ts";
import { sampleOf } from "./samples.ts";

/** A row that a rule takes out. */
export interface RefusedRow {
  /** Place among the rows that were looked at. */
  readonly index: number;
  readonly code: ErrorCode;
  /** The rule's name. */
  readonly message: string;
}

/** Looks at the rows of a batch in storage form, and tells which of them are not to land. */
export type RowJudge = (rows: readonly Row[], table: TableDefinition) => readonly RefusedRow[];

/** What a rule has counted. */
interface Counted {
  checked: number;
  failures: number;
  samples: Json[];
}

type RowRule = QualityRule & { readonly test: Extract<QualityRule["test"], { per: "row" | "share" }> };

/** A rule on rows with what it counted: in commits that have landed, and since. */
interface Tally {
  readonly rule: RowRule;
  test: RowTest | undefined;
  landed: Counted;
  pending: Counted;
}

/** The rules of one table in a run: what they count while rows pass. Lives as long as the run, over all its attempts. */
export class TableQuality {
  readonly table: string;
  readonly namespace: string | undefined;
  readonly rules: readonly QualityRule[];
  readonly #declared: ReadonlySet<string>;
  readonly #quarantine: readonly Tally[];
  readonly #others: readonly Tally[];
  #definition: TableDefinition | undefined;
  /** The run, or an attempt of it, created the table: whatever its columns become is no drift. */
  #created = false;
  #createdPending = false;
  #changes: SchemaChange[] = [];
  #changesPending: SchemaChange[] = [];

  /** @param declared names of columns whose types the pipeline declares. */
  constructor(options: {
    readonly table: string;
    readonly namespace: string | undefined;
    readonly rules: readonly QualityRule[];
    readonly declared?: readonly string[];
  }) {
    this.table = options.table;
    this.namespace = options.namespace;
    this.rules = options.rules;
    this.#declared = new Set(options.declared ?? []);
    const tallies = options.rules
      .filter(looksAtRows)
      .map((rule): Tally => ({ rule, test: undefined, landed: nothing(), pending: nothing() }));
    this.#quarantine = tallies.filter(({ rule }) => rule.severity === "quarantine");
    this.#others = tallies.filter(({ rule }) => rule.severity !== "quarantine");
  }

  /** Rows have to be looked at one by one. */
  get looksAtRows(): boolean {
    return this.#quarantine.length + this.#others.length > 0;
  }

  /** The table as rows were last seen for it. */
  get definition(): TableDefinition | undefined {
    return this.#definition;
  }

  /** Columns that were changed unexpectedly in a table which was there before the run. */
  get changes(): readonly SchemaChange[] {
    return [...this.#changes, ...this.#changesPending];
  }

  /** For rules on rows. Bound, to be handed on. */
  readonly judge: RowJudge = (rows, table) => {
    if (table !== this.#definition) this.adopt(table);
    if (this.#quarantine.length === 0) {
      for (const tally of this.#others) this.#count(tally, rows, table);
      return [];
    }
    const refused: RefusedRow[] = [];
    const gone = new Set<number>();
    for (const tally of this.#quarantine) this.#takeOut(tally, rows, { table, gone, refused });
    const left = gone.size === 0 ? rows : rows.filter((_, index) => !gone.has(index));
    for (const tally of this.#others) this.#count(tally, left, table);
    return refused;
  };

  /** The table as it is: rules are compiled for its columns. */
  adopt(table: TableDefinition): void {
    this.#definition = table;
    const find = findColumn(table);
    for (const tally of [...this.#quarantine, ...this.#others]) tally.test = tally.rule.test.compile(find);
  }

  schema(changes: readonly SchemaChange[]): void {
    for (const change of changes) {
      if (change.table !== this.table) continue;
      if (change.kind === "create-table") this.#createdPending = true;
      if (this.#created || this.#createdPending || change.kind === "create-history") continue;
      if (change.column !== undefined && !this.#declared.has(change.column))
        this.#changesPending.push(change);
    }
  }

  /** What was counted since the last commit has landed. */
  landed(): void {
    for (const tally of [...this.#quarantine, ...this.#others]) {
      tally.landed = total(tally);
      tally.pending = nothing();
    }
    this.#created ||= this.#createdPending;
    this.#changes = [...this.changes];
    this.#rollBackSchema();
  }

  /** What was counted since the last commit will not land. */
  rollBack(): void {
    for (const tally of [...this.#quarantine, ...this.#others]) tally.pending = nothing();
    this.#rollBackSchema();
  }

  /** Begins to count anew: an interval of a source that goes on for ever is over. */
  restart(): void {
    for (const tally of [...this.#quarantine, ...this.#others]) tally.landed = nothing();
    this.#changes = [];
  }

  /** What a rule on rows came to. */
  result(rule: QualityRule): QualityResult {
    const tally = [...this.#quarantine, ...this.#others].find((each) => each.rule === rule);
    const counted = tally === undefined ? nothing() : total(tally);
    const { checked, failures, samples } = counted;
    const base = {
      table: this.table,
      rule: rule.name,
      kind: rule.kind,
      severity: rule.severity,
      landed: true,
      expected: rule.expected,
      checked,
      failures,
      samples,
    };
    if (checked === 0) {
      const [missing] = this.#definition === undefined ? [] : this.#missing(rule, this.#definition);
      const reason = missing === undefined ? "no rows came" : `the table has no column "${missing}"`;
      return { ...base, status: "skipped", observed: null, reason };
    }
    const passed = rule.test.per === "share" ? rule.test.judge(counted) : failures === 0;
    return {
      ...base,
      status: passed ? "passed" : "failed",
      observed: Number((failures / checked).toPrecision(6)),
    };
  }

  #missing(rule: QualityRule, table: TableDefinition): readonly string[] {
    const find = findColumn(table);
    return rule.columns.filter((name) => find(name) === undefined);
  }

  #rollBackSchema(): void {
    this.#createdPending = false;
    this.#changesPending = [];
  }

  #count(tally: Tally, rows: readonly Row[], table: TableDefinition): void {
    const { test, pending } = tally;
    if (test === undefined) return;
    pending.checked += rows.length;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row;
      if (!test(row)) this.#fail(tally, row, table);
    }
  }

  #takeOut(
    tally: Tally,
    rows: readonly Row[],
    into: { readonly table: TableDefinition; readonly gone: Set<number>; readonly refused: RefusedRow[] },
  ): void {
    const { test, pending, rule } = tally;
    if (test === undefined) return;
    const { table, gone, refused } = into;
    pending.checked += rows.length - gone.size;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as Row;
      if (gone.has(i) || test(row)) continue;
      gone.add(i);
      refused.push({ index: i, code: "MLR_ROW_QUALITY", message: rule.name });
      this.#fail(tally, row, table);
    }
  }

  #fail({ rule, landed, pending }: Tally, row: Row, table: TableDefinition): void {
    pending.failures++;
    if (landed.samples.length + pending.samples.length >= rule.samples) return;
    const find = findColumn(table);
    const names = rule.columns.map((name) => find(name)?.name ?? name);
    pending.samples.push(sampleOf(row, table, names));
  }
}

/** Finds a column by its name in the table, or by the one that rows have it under. */
export function findColumn(table: TableDefinition): FindColumn {
  const columns = new Map(table.columns.map((column): [string, ColumnDefinition] => [column.name, column]));
  return (name) => columns.get(name) ?? columns.get(normalizeIdentifier(name, Infinity));
}

function looksAtRows(rule: QualityRule): rule is RowRule {
  return rule.test.per !== "table";
}

function nothing(): Counted {
  return { checked: 0, failures: 0, samples: [] };
}

function total({ landed, pending }: Tally): Counted {
  return {
    checked: landed.checked + pending.checked,
    failures: landed.failures + pending.failures,
    samples: [...landed.samples, ...pending.samples],
  };
}
