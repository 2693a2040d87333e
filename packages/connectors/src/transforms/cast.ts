import {
  canonicalText,
  compileStore,
  describeMisfit,
  failRow,
  MISFIT,
  MillraceError,
  parseColumnType,
  parseJsonExact,
  RowCollector,
  type Batch,
  type ColumnType,
  type Row,
  type Transform,
  type TransformContext,
} from "@millrace/core";
import { carrySettled } from "./settled.ts";

/** How `cast` works. */
export interface CastOptions {
  /** What becomes of a row with a value that cannot be converted: to the quarantine, the value set to null, or the run fails. Default `reject`. */
  readonly onError?: "reject" | "null" | "fail";
}

interface Conversion {
  readonly name: string;
  readonly type: ColumnType;
  readonly convert: (value: unknown) => unknown;
}

/**
 * Converts columns to types such as `integer`, `numeric(12,2)`, `timestamptz`: whatever can be converted without loss is.
 * Numbers and booleans come out as such, dates and times as ISO texts, json parsed; the table's columns get these types.
 * Fails with MLR_SCHEMA_INVALID where there is no such type.
 */
export function cast(types: Readonly<Record<string, string>>, options: CastOptions = {}): Transform {
  const conversions = Object.entries(types).map(([name, text]) => conversion(name, parseColumnType(text)));
  const columns = conversions.map(({ name, type }) => ({ name, type }));
  const settled = carrySettled(({ name }) => (Object.hasOwn(types, name) ? undefined : name), columns);
  const { onError = "reject" } = options;
  if (conversions.length === 0)
    throw new MillraceError("MLR_ARGUMENT_INVALID", "cast() was given no columns");
  return {
    kind: "cast",
    holds: "nothing",
    apply(batch, context) {
      const out = new RowCollector(batch);
      for (let i = 0; i < batch.rows.length; i++) {
        const row = castRow(batch.rows[i] as Row, { conversions, onError, batch, context });
        if (row !== undefined) out.push(row, i);
      }
      return { ...out.batch(), ...settled(batch) };
    },
  };
}

function conversion(name: string, type: ColumnType): Conversion {
  const store = compileStore(type, { declared: true, untyped: true });
  const present = presenter(type);
  return {
    name,
    type,
    convert: (value) => {
      const stored = store(value);
      return stored === MISFIT || stored === null ? stored : present(stored);
    },
  };
}

/** Rows go on through other transforms, so they hold values as people write them, not the destination's day counts. */
function presenter(type: ColumnType): (stored: unknown) => unknown {
  switch (type.kind) {
    case "date":
    case "time":
    case "timestamp":
    case "timestamptz":
      return canonicalText(type);
    case "json":
      return (stored) => parseJsonExact(stored as string);
    case "array": {
      const present = presenter(type.of);
      return (stored) => (stored as unknown[]).map((each) => (each === null ? null : present(each)));
    }
    default:
      return (stored) => stored;
  }
}

function castRow(
  row: Row,
  work: {
    readonly conversions: readonly Conversion[];
    readonly onError: "reject" | "null" | "fail";
    readonly batch: Batch;
    readonly context: TransformContext;
  },
): Row | undefined {
  const { conversions, onError, batch, context } = work;
  const converted: Row = { ...row };
  for (let i = 0; i < conversions.length; i++) {
    const { name, type, convert } = conversions[i] as Conversion;
    const value = row[name];
    if (value === null || value === undefined) continue;
    const result = convert(value);
    if (result !== MISFIT) {
      converted[name] = result;
      continue;
    }
    if (onError === "null") {
      converted[name] = null;
      continue;
    }
    const message = `column "${name}": ${describeMisfit(value, type)}`;
    if (onError === "reject") context.reject(row, { code: "MLR_ROW_INVALID", message });
    else failRow({ kind: "cast", stream: batch.stream, row, error: new Error(message), onError, context });
    return undefined;
  }
  return converted;
}
