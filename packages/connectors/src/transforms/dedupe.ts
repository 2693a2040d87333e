import { MillraceError, RowCollector, type Batch, type Row, type Transform } from "@millrace/core";

/** How `dedupe` works. */
export interface DedupeOptions {
  /** Columns that make two rows the same, or a function that gives a text to compare. */
  readonly key: string | readonly string[] | ((row: Row) => unknown);
  /**
   * `first`: later rows of a key are left out; nothing waits, only the keys are remembered.
   * `last`: all rows wait in memory until the commit, and the last of each key comes out. Default `first`.
   */
  readonly keep?: "first" | "last";
}

/**
 * Leaves out rows of a stream whose key came before, within one commit: what it remembers is forgotten with each commit,
 * so memory is bounded by the commit's size, and across commits the table's own key has to decide (merge, upsert).
 */
export function dedupe(options: DedupeOptions): Transform {
  const keyOf = keyFunction(options.key);
  return options.keep === "last" ? keepLast(keyOf) : keepFirst(keyOf);
}

type KeyOf = (row: Row) => unknown;

function keepFirst(keyOf: KeyOf): Transform {
  const seen = new Map<string, Set<unknown>>();
  return {
    kind: "dedupe",
    holds: "commit",
    apply(batch) {
      const keys = seen.get(batch.stream) ?? new Set();
      seen.set(batch.stream, keys);
      const out = new RowCollector(batch);
      for (let i = 0; i < batch.rows.length; i++) {
        const row = batch.rows[i] as Row;
        const key = keyOf(row);
        if (keys.has(key)) continue;
        keys.add(key);
        out.push(row, i);
      }
      return out.batch();
    },
    flush() {
      seen.clear();
      return [];
    },
    // A run that tries again reads the same rows again: they must not look like duplicates of their first attempt.
    async close() {
      seen.clear();
    },
  };
}

function keepLast(keyOf: KeyOf): Transform {
  let held = new Map<string, Map<unknown, Row>>();
  return {
    kind: "dedupe",
    holds: "commit",
    apply(batch) {
      if (batch.parents !== undefined) throw childStream(batch);
      const rows = held.get(batch.stream) ?? new Map<unknown, Row>();
      held.set(batch.stream, rows);
      for (const row of batch.rows) {
        const key = keyOf(row);
        // Deleted first, so that the row takes the place of its last appearance.
        rows.delete(key);
        rows.set(key, row);
      }
      return [];
    },
    flush() {
      const streams = held;
      held = new Map();
      return [...streams].map(([stream, rows]) => ({ stream, rows: [...rows.values()] }));
    },
    async close() {
      held = new Map();
    },
  };
}

function childStream(batch: Batch): MillraceError {
  return new MillraceError(
    "MLR_TRANSFORM_FAILED",
    `dedupe({ keep: "last" }) cannot hold the child stream "${batch.stream}"`,
    {
      hint: 'Put dedupe before unnest, or restrict it to the parents: on("parents", dedupe(…)).',
    },
  );
}

function keyFunction(key: DedupeOptions["key"]): KeyOf {
  if (typeof key === "function") return key;
  const columns = typeof key === "string" ? [key] : key;
  const [single] = columns;
  if (single === undefined)
    throw new MillraceError("MLR_ARGUMENT_INVALID", "dedupe(): the key has no columns");
  if (columns.length === 1) return (row) => comparable(row[single]);
  return (row) => JSON.stringify(columns.map((column) => comparable(row[column])));
}

/** Equal values give equal texts or the same primitive; 1 and "1" stay apart. */
function comparable(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : `bigint:${value}`;
  if (value instanceof Date) return `date:${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("hex")}`;
  return typeof value === "object" ? `json:${JSON.stringify(value)}` : value;
}
