import { MillraceError } from "../../errors.ts";
import type { ColumnDefinition } from "../../schema/table.ts";
import { canonicalDecimal } from "../../schema/decimal.ts";
import { MISFIT } from "../../schema/misfit.ts";
import { compileStore } from "../../schema/store.ts";
import { formatColumnType } from "../../schema/type-text.ts";
import { compareDecimal } from "../compare-decimal.ts";
import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, RowRuleOptions } from "../quality-rule.ts";

/** A bound of `range`: a number, a decimal as text, or for dates and times an ISO 8601 text or a Date. */
export type Bound = number | bigint | string | Date;

/** What `range` may be given. */
export interface RangeOptions extends RowRuleOptions {
  /** The least value that passes. Default: none. */
  readonly min?: Bound;
  /** The greatest value that passes. Default: none. */
  readonly max?: Bound;
}

/** Whether a value of the column, which is not null, is within the bounds. */
type Within = (value: unknown) => boolean;

/**
 * Every value lies between two bounds, which belong to it: `range("price", { min: 0, max: 1_000 })`. Decimals and large
 * integers are compared exactly, dates and times with ISO 8601 texts. In a text column numbers are read from the texts
 * (what is none fails), while bounds that are texts compare as texts. NaN fails, nulls pass.
 */
export function range(column: string, options: RangeOptions): QualityRule {
  const { min, max } = options;
  if (min === undefined && max === undefined) throw invalid("range", "needs min, max or both");
  const shown = [
    min === undefined ? "" : `at least ${show(min)}`,
    max === undefined ? "" : `at most ${show(max)}`,
  ];
  return makeRule({
    kind: "range",
    columns: [column],
    expected: shown.filter((text) => text !== "").join(", "),
    options,
    own: ["min", "max"],
    given: [column, options],
    test: {
      per: "row",
      compile(find) {
        const found = find(column);
        if (found === undefined) return undefined;
        const { name } = found;
        const within = compileWithin(found, min, max);
        return (row) => {
          const value = row[name];
          return value === null || value === undefined || within(value);
        };
      },
    },
  });
}

function compileWithin(column: ColumnDefinition, min: Bound | undefined, max: Bound | undefined): Within {
  const { kind } = column.type;
  switch (kind) {
    case "smallint":
    case "integer":
    case "bigint":
    case "real":
    case "double":
      return ordered(numberBound(column, min), numberBound(column, max));
    case "numeric":
      return decimals(decimalBound(column, min), decimalBound(column, max));
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
      return ordered(timeBound(column, min), timeBound(column, max));
    case "text":
      return texts(column, min, max);
    default:
      throw uncomparable(column, min ?? max);
  }
}

/** JavaScript compares numbers and bigints with each other exactly; NaN is on neither side of anything. */
function ordered(min: number | bigint | undefined, max: number | bigint | undefined): Within {
  const least = min ?? -Infinity;
  const most = max ?? Infinity;
  return (value) => (value as number) >= least && (value as number) <= most;
}

/** Doubles are in the order of the decimals that they are read from: only what is as large as a bound is compared exactly. */
function decimals(min: string | undefined, max: string | undefined): Within {
  const [least, most] = [Number(min ?? -Infinity), Number(max ?? Infinity)];
  return (value) => {
    const number = Number(value);
    if (number > least && number < most) return true;
    return (
      value !== "NaN" &&
      (min === undefined || compareDecimal(value as string, min) >= 0) &&
      (max === undefined || compareDecimal(value as string, max) <= 0)
    );
  };
}

function texts(column: ColumnDefinition, min: Bound | undefined, max: Bound | undefined): Within {
  const bounds = [min, max].filter((bound) => bound !== undefined);
  if (bounds.every((bound) => typeof bound === "string")) {
    const [least, most] = [min as string | undefined, max as string | undefined];
    return (value) =>
      (least === undefined || (value as string) >= least) &&
      (most === undefined || (value as string) <= most);
  }
  const within = decimals(decimalBound(column, min), decimalBound(column, max));
  return (value) => {
    const decimal = canonicalDecimal((value as string).trim());
    return decimal !== undefined && within(decimal);
  };
}

function numberBound(column: ColumnDefinition, bound: Bound | undefined): number | bigint | undefined {
  if (bound === undefined || typeof bound === "bigint") return bound;
  const number = typeof bound === "string" && /^-?\d+$/.test(bound) ? BigInt(bound) : Number(bound);
  if (bound instanceof Date || bound === "" || Number.isNaN(number)) throw uncomparable(column, bound);
  return number;
}

function decimalBound(column: ColumnDefinition, bound: Bound | undefined): string | undefined {
  if (bound === undefined) return undefined;
  if (bound === Infinity || bound === -Infinity) return String(bound);
  const decimal = bound instanceof Date ? undefined : canonicalDecimal(bound);
  if (decimal === undefined) throw uncomparable(column, bound);
  return decimal;
}

function timeBound(column: ColumnDefinition, bound: Bound | undefined): number | bigint | undefined {
  if (bound === undefined) return undefined;
  const stored = compileStore(column.type, { declared: true })(bound);
  if (stored === MISFIT || (typeof stored !== "number" && typeof stored !== "bigint")) {
    throw uncomparable(column, bound);
  }
  return stored;
}

function uncomparable({ name, type }: ColumnDefinition, bound: Bound | undefined): MillraceError {
  return new MillraceError(
    "MLR_PIPELINE_INVALID",
    `quality rule range("${name}"): ${show(bound ?? "")} cannot be compared with values of type ${formatColumnType(type)}`,
    {
      hint: "Bounds are numbers for numbers, ISO 8601 texts for dates and times, and texts or numbers for texts.",
    },
  );
}

function show(bound: Bound): string {
  return bound instanceof Date ? bound.toISOString() : String(bound);
}
