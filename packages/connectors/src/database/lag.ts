import {
  compileStore,
  DAY_MICROS,
  MillraceError,
  MIN_DAYS,
  type ColumnType,
  type ScalarKind,
} from "@millrace/core";

/** How far back late rows are looked for. */
export interface Lag {
  /** As it was given, for messages. */
  readonly text: string;
  /** In the unit of a column of numbers; undefined where a duration was given. */
  readonly units: number | undefined;
  /** Where the column is a time. */
  readonly seconds: number;
}

const DURATION = /^(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$/i;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

const WHOLE: readonly ScalarKind[] = ["smallint", "integer", "bigint"];
/** 0001-01-01: there is no earlier time. */
const FIRST_MICROS = BigInt(MIN_DAYS) * BigInt(DAY_MICROS);
const TIMES: readonly ScalarKind[] = ["date", "timestamp", "timestamptz"];

/** Reads the option `lag`; undefined for none. Fails with MLR_ARGUMENT_INVALID. */
export function parseLag(lag: number | string): Lag | undefined {
  if (typeof lag === "number") {
    return lag === 0 ? undefined : { text: String(lag), units: lag, seconds: lag };
  }
  const [, amount, unit] = DURATION.exec(lag.trim()) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `database(): option "cursor.lag": "${lag}" is no duration`,
      {
        hint: 'For instance "90 seconds", "30 minutes", "2 hours", "1 day".',
      },
    );
  }
  const seconds = Number(amount) * (SECONDS[(unit[0] ?? "").toLowerCase()] ?? 1);
  return seconds === 0 ? undefined : { text: lag, units: undefined, seconds };
}

/** Values of a cursor column as whole numbers that can be compared and counted back from. */
export interface CursorScale {
  /** How far back late rows are looked for, in positions. */
  readonly step: bigint;
  /** Fails with MLR_ARGUMENT_INVALID for what is no value of the column's type. */
  position(value: unknown): bigint;
  /** The value at a position, or the nearest that the type can have. */
  value(position: bigint): unknown;
}

/** Fails with MLR_ARGUMENT_INVALID where values of the type cannot be counted back from. */
export function cursorScale(column: string, type: ColumnType, lag: Lag): CursorScale {
  const kind = type.kind;
  const isWhole = WHOLE.includes(kind as ScalarKind);
  if (!(isWhole && lag.units !== undefined) && !TIMES.includes(kind as ScalarKind)) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `database(): a lag of ${lag.text} cannot be taken from column "${column}", which is ${kind}`,
      {
        hint: isWhole
          ? "Give the lag as a number."
          : "A lag needs a cursor column of whole numbers, dates or times.",
      },
    );
  }
  const store = compileStore(type, { declared: true });
  return {
    step: stepOf(kind, lag),
    position(value) {
      const stored = store(value);
      if (typeof stored === "number" || typeof stored === "bigint") return BigInt(stored);
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `database(): "${String(value)}" is no value of the cursor column "${column}", which is ${kind}`,
      );
    },
    value: (position) => valueAt(kind, position),
  };
}

function stepOf(kind: ColumnType["kind"], lag: Lag): bigint {
  if (kind === "date") return BigInt(Math.ceil((lag.seconds * 1e6) / DAY_MICROS));
  if (kind === "timestamp" || kind === "timestamptz") return BigInt(Math.round(lag.seconds * 1e6));
  return BigInt(Math.ceil(lag.units ?? 0));
}

function valueAt(kind: ColumnType["kind"], position: bigint): unknown {
  if (kind !== "date" && kind !== "timestamp" && kind !== "timestamptz") {
    return Number.isSafeInteger(Number(position)) ? Number(position) : position;
  }
  const wanted = kind === "date" ? position * BigInt(DAY_MICROS) : position;
  const micros = wanted < FIRST_MICROS ? FIRST_MICROS : wanted;
  const fraction = ((micros % 1_000n) + 1_000n) % 1_000n;
  const iso = new Date(Number((micros - fraction) / 1_000n)).toISOString().slice(0, -1);
  if (kind === "date") return iso.slice(0, 10);
  return `${iso}${String(fraction).padStart(3, "0")}${kind === "timestamptz" ? "Z" : ""}`;
}
