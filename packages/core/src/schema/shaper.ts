import type { Capabilities } from "../capabilities.ts";
import type { EncodedShape } from "../encoded-rows.ts";
import { MillraceError } from "../errors.ts";
import { RowHashing, type BatchHasher } from "../hash/row-hashing.ts";
import type { StreamDefinition } from "../message.ts";
import type { Row } from "../row.ts";
import { snapshotDefinition } from "../snapshot/snapshot-options.ts";
import type { ResolvedTableOptions } from "../table-options.ts";
import { compileColumnStore, type ColumnState } from "./column-state.ts";
import { inferType } from "./infer.ts";
import { joinTypes } from "./join-types.ts";
import { describeMisfit, MISFIT, showValue } from "./misfit.ts";
import { isReservedName } from "./reserved-names.ts";
import { RowShaper, type RowProblem } from "./row-shaper.ts";
import { compileStore } from "./store.ts";
import { frozenError, refuseKeyless, refuseValue, type Refusal } from "./row-verdict.ts";
import type { RejectedRow, ShapedBatch, ShapeHints } from "./shaped-batch.ts";

export type { RejectedRow, ShapedBatch, ShapeHints };
import { isHoldable, TableColumns } from "./table-columns.ts";
import type { RowJudge } from "../quality/table-quality.ts";
import type { ColumnDefinition, SchemaContract, TableDefinition, WriteMode } from "./table.ts";
import { parseColumnType, sameType } from "./type-text.ts";

/** What is known of a table before its first row. */
export interface TableShaperOptions {
  /** The table's final name. */
  readonly table: string;
  /** What the pipeline says of the table. */
  readonly options: ResolvedTableOptions;
  /** The table as the destination has it. */
  readonly existing?: TableDefinition;
  /** Columns that the source declares, under its own names. */
  readonly declared?: readonly ColumnDefinition[];
  /** What the destination can hold. */
  readonly capabilities: Capabilities;
  /** The key that the source declares; the options' own comes first. */
  readonly key?: readonly string[];
  /** For a child table: the columns that hold the parent's key, under the source's names. */
  readonly parentKey?: readonly string[];
  /** Computes the row hashes. Default: on this thread. */
  readonly hashing?: RowHashing;
}

/** A batch while its row `from` is decided on. */
interface Pending {
  readonly rows: readonly Row[];
  from: number;
  readonly hints: ShapeHints;
  /** A column that the pipeline fills in itself. */
  readonly given: string | undefined;
  /** All that the batch's rows need was added: whatever does not fit still is rejected. */
  grown: boolean;
}

type GrowthProblem = Extract<RowProblem, { kind: "unknown" | "misfit" }>;

type Verdict = "again" | "restart" | Refusal;

/**
 * The step that makes rows fit one table: names, types, storage form and row hashes; grows the definition where the
 * contract allows it, and rejects what does not fit. Holds the table's definition for a run.
 */
export class TableShaper {
  readonly #table: string;
  readonly #options: ResolvedTableOptions;
  readonly #parentKey: readonly string[] | undefined;
  readonly #columns: TableColumns;
  readonly #exists: boolean;
  /** Columns whose type the user declared: what sources and rows say does not change them. */
  readonly #users = new Set<string>();
  #key: readonly string[] = [];
  #mode: WriteMode = "append";
  #definition: TableDefinition | undefined;
  readonly #hashing: RowHashing;
  #hasher: BatchHasher | undefined;
  #shapers = new Map<string, RowShaper>();
  /** The table has no column yet: the first batch may define it, whatever the contract. */
  #blank: boolean;

  constructor(options: TableShaperOptions) {
    this.#table = options.table;
    this.#options = options.options;
    this.#parentKey = options.parentKey;
    this.#hashing = options.hashing ?? new RowHashing(Infinity);
    this.#exists = options.existing !== undefined;
    this.#columns = new TableColumns({
      table: options.table,
      capabilities: options.capabilities,
      unordered: options.options.unordered ?? [],
    });
    this.#mode = this.#modeFor(options.options.key ?? options.key ?? []);
    this.#adopt(options.existing);
    this.#setKey(options.options.key ?? options.key ?? []);
    for (const column of options.declared ?? []) this.#declareColumn(column);
    for (const [name, type] of Object.entries(options.options.columns ?? {})) this.#declareUsers(name, type);
    const discriminator = options.options.discriminator?.column;
    if (discriminator !== undefined) this.#declareUsers(discriminator, "text");
    this.#blank = this.#isEmpty();
  }

  /**
   * The table as it is now; a new object whenever it grew. A table that does not exist yet has no columns here until each
   * column of its key has a type.
   */
  get definition(): TableDefinition {
    return (this.#definition ??= this.#define());
  }

  /** Takes what a source says of the stream in the middle of a run. Fails with MLR_SCHEMA_MISMATCH where it changes the key. */
  declare(stream: StreamDefinition): void {
    if (stream.key !== undefined && this.#options.key === undefined) this.#declareKey(stream.key);
    for (const column of stream.columns ?? []) this.#declareColumn(column);
    this.#filled();
    this.#changed();
  }

  /**
   * Shapes a batch. Throws MLR_SCHEMA_FROZEN where the contract is `freeze` and rows would change the table,
   * MLR_SCHEMA_COLLISION for names, MLR_SCHEMA_INVALID for a mode that needs a key without one.
   * @param judge looks at the rows in storage form and tells which are rejected as well.
   */
  shape(rows: readonly Row[], hints: ShapeHints = {}, judge?: RowJudge): ShapedBatch {
    if (rows.length > 0) this.#checkKey();
    const before = this.definition;
    const out = {
      rows: [] as Row[],
      kept: [] as number[],
      rejected: [] as RejectedRow[],
    };
    const pending: Pending = { rows, from: 0, hints, given: before.discriminator?.column, grown: false };
    let shaper = this.#shaper(hints);
    for (let i = 0; i < rows.length; i++) {
      const shaped = shaper.shape(rows[i] as Row);
      if (shaped !== undefined) {
        out.rows.push(shaped);
        out.kept.push(i);
        continue;
      }
      pending.from = i;
      const verdict = this.#settle(shaper.problem, pending);
      if (typeof verdict === "object") {
        out.rejected.push({ index: i, ...verdict });
        continue;
      }
      shaper = this.#shaper(hints);
      i = verdict === "again" ? i - 1 : -1;
      // What was stored before a column was widened has to be stored again, in the form of the wider type.
      if (verdict === "restart") out.rows.length = out.kept.length = out.rejected.length = 0;
    }
    this.#filled();
    if (judge !== undefined && out.rows.length > 0) takeOut(out, judge(out.rows, this.definition));
    return {
      rows: out.rows,
      ...(this.#mode === "merge" ? { hashes: this.#rowHasher()(out.rows) } : {}),
      ...(out.rejected.length > 0 ? { kept: out.kept } : {}),
      rejected: out.rejected,
      changed: this.definition !== before && this.definition.columns.length > 0,
    };
  }

  /**
   * Encoded rows under the table's names, where nothing has to be done to them: the same columns with the same types, all of
   * them, in a mode that compares no rows. Undefined everywhere else.
   */
  encodedShape(shape: EncodedShape): EncodedShape | undefined {
    const { mode, columns, key, discriminator, parentKey } = this.definition;
    const plain = (mode === "append" || mode === "replace") && discriminator === undefined;
    if (!plain || parentKey !== undefined || columns.length !== shape.columns.length) return undefined;
    const missing = new Map(columns.map((column) => [column.name, column]));
    const renamed = shape.columns.map((column) => ({ ...column, name: this.#columns.resolve(column.name) }));
    const fits = renamed.every((column) => {
      const own = missing.get(column.name);
      const logical = this.#columns.states.get(column.name)?.logical;
      if (own === undefined || logical === undefined || !missing.delete(column.name)) return false;
      if (own.nullable === false && column.nullable !== false) return false;
      return sameType(own.type, column.type) && sameType(logical, column.type);
    });
    if (!fits) return undefined;
    const unique = shape.key?.map((name) => this.#columns.resolve(name)) ?? [];
    // Rows of which nobody knows that their keys differ may replace each other.
    const distinct = unique.length > 0 && unique.every((name) => key.includes(name));
    if (mode === "replace" && key.length > 0 && !distinct) return undefined;
    return { format: shape.format, columns: renamed, ...(unique.length === 0 ? {} : { key: unique }) };
  }

  /**
   * Values under the source's names (a scope, a parent's key) under the table's names, in storage form. Fails with
   * MLR_ROW_INVALID where a value cannot be stored.
   */
  storeKey(values: Row): Row {
    const out: Row = {};
    for (const [source, value] of Object.entries(values)) {
      const name = this.#columns.nameOf(source);
      const state = this.#columns.states.get(name);
      const type = state?.logical ?? this.#columns.inferable(inferType(value) ?? { kind: "text" });
      const store =
        state === undefined ? compileStore(type) : compileColumnStore({ ...state, fixed: true }, false);
      const stored = store(value);
      if (stored === MISFIT) {
        throw new MillraceError(
          "MLR_ROW_INVALID",
          `table "${this.#table}", column "${name}": ${describeMisfit(value, type)}`,
          {
            hint: "A scope or parent key must hold values of the types that the columns have.",
          },
        );
      }
      out[name] = stored;
    }
    return out;
  }

  /** The key of a row that may not fit the table otherwise; undefined where a part of it is missing or unusable. */
  keyOf(row: Row): Row | undefined {
    const key = this.#key;
    if (key.length === 0) return undefined;
    const values = Object.entries(row).filter(([source, value]) => value != null && this.#isKey(source));
    if (values.length !== key.length) return undefined;
    try {
      return this.storeKey(Object.fromEntries(values));
    } catch {
      return undefined;
    }
  }

  /** A rejected row may carry names that no identifier can be made of. */
  #isKey(source: string): boolean {
    try {
      return this.#key.includes(this.#columns.nameOf(source));
    } catch {
      return false;
    }
  }

  #adopt(existing: TableDefinition | undefined): void {
    for (const column of existing?.columns ?? []) {
      if (!isReservedName(column.name, this.#mode)) this.#columns.put(column, { fixed: false });
    }
  }

  #modeFor(key: readonly string[]): WriteMode {
    return this.#options.mode ?? (key.length > 0 ? "merge" : "append");
  }

  #setKey(key: readonly string[]): void {
    this.#key = [...new Set(key.map((name) => this.#columns.nameOf(name)))];
    this.#mode = this.#modeFor(key);
    this.#columns.setKey(this.#key, this.#mode);
  }

  #declareKey(key: readonly string[]): void {
    const names = key.map((name) => this.#columns.nameOf(name));
    if (names.join("\0") === this.#key.join("\0")) return;
    if (this.#key.length > 0) {
      throw new MillraceError(
        "MLR_SCHEMA_MISMATCH",
        `the source changed the key of table "${this.#table}" from (${this.#key.join(", ")}) to (${names.join(", ")})`,
        { hint: "Set the table's key in the pipeline, or land the new key in another table." },
      );
    }
    this.#setKey(key);
  }

  /** A source's column: never narrower than what the table has already. */
  #declareColumn(column: ColumnDefinition): void {
    const name = this.#columns.nameOf(column.name);
    if (this.#users.has(name)) return;
    const known = this.#columns.states.get(name);
    const type = known === undefined ? column.type : joinTypes(known.logical, column.type);
    this.#columns.put({ ...column, name, type }, { fixed: true, epochNumbers: sameType(type, column.type) });
  }

  #declareUsers(source: string, type: string): void {
    const name = this.#columns.nameOf(source);
    const known = this.#columns.states.get(name);
    const parsed = parseColumnType(type);
    this.#users.add(name);
    this.#columns.put(
      {
        name,
        type: parsed,
        ...(known?.fixed === true && !known.nullable ? { nullable: false } : {}),
        ...(known?.unordered === true ? { unordered: true } : {}),
      },
      {
        fixed: true,
        epochNumbers: known !== undefined && known.epochNumbers && sameType(known.logical, parsed),
      },
    );
  }

  #define(): TableDefinition {
    const { namespace, removals, maxRemovedShare, snapshot, discriminator } = this.#options;
    return {
      name: this.#table,
      ...(namespace === undefined ? {} : { namespace }),
      columns: this.#exists || this.#columns.complete ? this.#columns.definitions() : [],
      key: this.#key,
      mode: this.#mode,
      ...(this.#mode === "merge" ? { removals, maxRemovedShare } : {}),
      ...(this.#mode === "snapshot" ? { snapshot: snapshotDefinition(snapshot) } : {}),
      ...(discriminator === undefined
        ? {}
        : {
            discriminator: { column: this.#columns.nameOf(discriminator.column), value: discriminator.value },
          }),
      ...(this.#parentKey === undefined
        ? {}
        : { parentKey: this.#parentKey.map((name) => this.#columns.nameOf(name)) }),
    };
  }

  #changed(): void {
    this.#definition = undefined;
    this.#hasher = undefined;
    this.#shapers.clear();
  }

  /** No column yet but the one that the pipeline fills in itself. */
  #isEmpty(): boolean {
    return this.#columns.states.size === (this.#options.discriminator === undefined ? 0 : 1);
  }

  /** From the first column on, the contract holds. */
  #filled(): void {
    if (!this.#blank || this.#isEmpty()) return;
    this.#blank = false;
    this.#shapers.clear();
  }

  #rowHasher(): BatchHasher {
    return (this.#hasher ??= this.#hashing.compile(this.definition.columns));
  }

  #shaper(hints: ShapeHints): RowShaper {
    const untyped = hints.untyped ?? false;
    const emptyIsNull = untyped && hints.keepEmpty !== true;
    const id = `${untyped} ${emptyIsNull}`;
    let shaper = this.#shapers.get(id);
    if (shaper === undefined) {
      shaper = new RowShaper({
        columns: this.#columns.states,
        key: this.#columns.key,
        resolve: (source) => this.#columns.resolve(source),
        untyped,
        emptyIsNull,
        discard: this.#contract() === "discard",
        constant: this.definition.discriminator,
      });
      this.#shapers.set(id, shaper);
    }
    return shaper;
  }

  #contract(): SchemaContract {
    return this.#blank ? "evolve" : this.#options.contract;
  }

  #checkKey(): void {
    const discriminator = this.definition.discriminator?.column;
    if (discriminator !== undefined && this.#key.length > 0 && !this.#key.includes(discriminator)) {
      throw new MillraceError(
        "MLR_SCHEMA_INVALID",
        `the discriminator "${discriminator}" of table "${this.#table}" is not part of its key`,
        {
          hint: `Add it: key: [${[...this.#key, discriminator].map((name) => `"${name}"`).join(", ")}].`,
        },
      );
    }
    if (this.#key.length > 0 || (this.#mode !== "merge" && this.#mode !== "upsert")) return;
    throw new MillraceError(
      "MLR_SCHEMA_INVALID",
      `table "${this.#table}" has no key, which mode "${this.#mode}" needs`,
      {
        hint: 'Name the columns that identify a row: .table("…", { key: ["id"] }).',
      },
    );
  }

  /** Decides about a row that does not fit: grow the table and try again, or reject it. */
  #settle(problem: RowProblem, batch: Pending): Verdict {
    switch (problem.kind) {
      case "not-a-row":
        return {
          code: "MLR_ROW_INVALID",
          message: `a row must be an object: ${showValue(batch.rows[batch.from])}`,
        };
      case "foreign":
        return refuseValue(
          problem.column,
          `${showValue(problem.value)} is not the value that this pipeline owns`,
        );
      case "missing":
        return this.#settleMissing(problem, batch.rows[batch.from] as Row);
      case "unknown":
      case "misfit":
        return this.#settleGrowth(problem, batch);
    }
  }

  #settleMissing(
    problem: { readonly name: string; readonly column: ColumnState | undefined },
    row: Row,
  ): Verdict {
    const { name, column } = problem;
    if (column === undefined || column.key) return refuseKeyless(name, row, column !== undefined);
    if (column.fixed || this.#contract() !== "evolve") {
      return refuseValue(name, "it has no value, and may not be null");
    }
    column.nullable = true;
    this.#changed();
    return "again";
  }

  #settleGrowth(problem: GrowthProblem, batch: Pending): Verdict {
    const column = problem.kind === "misfit" ? problem.column : undefined;
    const row = batch.rows[batch.from] as Row;
    const missing = this.#columns.missingKey(row, batch.hints, batch.given);
    if (missing !== undefined) return refuseKeyless(missing, row, this.#columns.states.has(missing));
    const fixed = column?.fixed ?? false;
    if (!fixed && this.#contract() === "evolve" && !batch.grown) {
      const growth = this.#columns.grow(batch);
      batch.grown = true;
      if (growth.added || growth.widened) {
        this.#changed();
        return growth.widened ? "restart" : "again";
      }
    }
    return this.#refuse(problem, column, batch.hints);
  }

  #refuse(problem: GrowthProblem, column: ColumnState | undefined, hints: ShapeHints): Refusal {
    const contract = this.#contract();
    const holdable = isHoldable(problem.value);
    const type = column?.logical ?? inferType(problem.value, hints) ?? { kind: "text" };
    const unwanted = column === undefined && holdable && contract !== "evolve";
    const why = unwanted ? "the table has no such column" : describeMisfit(problem.value, type);
    if (contract === "freeze" && column?.fixed !== true && holdable) {
      throw frozenError(this.#table, problem.source, why);
    }
    return refuseValue(column?.name ?? problem.source, why);
  }
}

/** Moves rows from those that fit to the rejected ones. */
function takeOut(
  out: { rows: Row[]; kept: number[]; readonly rejected: RejectedRow[] },
  refused: readonly RejectedRow[],
): void {
  if (refused.length === 0) return;
  const gone = new Set(refused.map(({ index }) => index));
  for (const { index, code, message } of refused) {
    out.rejected.push({ index: out.kept[index] ?? index, code, message });
  }
  out.rows = out.rows.filter((_, place) => !gone.has(place));
  out.kept = out.kept.filter((_, place) => !gone.has(place));
}
