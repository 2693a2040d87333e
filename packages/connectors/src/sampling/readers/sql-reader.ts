import { MillraceError, parseOptions, type Database, type DatabaseConnector } from "@millrace/core";
import { z } from "zod";
import type { Reading, ReaderContext, SamplingReader, Variable } from "../../shared/sampling/index.ts";
import { jsonReading } from "./json-value.ts";

/** Options of `sqlReader()`. */
export const sqlReaderOptions = z.strictObject({
  /** Name by which variables choose it. Default `sql`. */
  name: z.string().min(1).default("sql"),
  /** The database: its name in the configuration, or a connector such as `postgres({ url })`. */
  from: z.union([z.string().min(1), z.custom<DatabaseConnector>(isConnector)], {
    message: 'must be a name of the configuration, or a database such as postgres({ url: "…" })',
  }),
  /**
   * A query that answers all variables at once, with the columns `address`, `value`, and optionally `quality` and `time`.
   * Default: each address is a query of its own, whose first column of the first row is the value.
   */
  query: z.string().min(1).optional(),
});

/** Options of `sqlReader()`, as users write them. */
export type SqlReaderOptions = z.input<typeof sqlReaderOptions>;

/**
 * Reads values out of a database: a historian, a machine's own database. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example sqlReader({ from: "plant", query: "select tag as address, value, time from live" })
 */
export function sqlReader(options: SqlReaderOptions): SamplingReader {
  const { name, from, query } = parseOptions(sqlReaderOptions, options, "sqlReader()");
  let opened: Promise<Database> | undefined;
  const connect = (context: ReaderContext): Promise<Database> => {
    if (context.database !== undefined) return context.database(from);
    throw new MillraceError("MLR_DATABASE_UNKNOWN", "there are no databases here to read from", {
      hint: "Run it in a pipeline, or give the collector `access: { database }`.",
    });
  };
  return {
    name,
    open: async (context) => {
      opened = connect(context);
      await opened;
    },
    async read(variables) {
      const database = await opened;
      if (database === undefined) throw new Error("it was not opened");
      if (query !== undefined) return fromAll(await database.query(query), variables);
      const readings: Reading[] = [];
      for (const { address } of variables) readings.push(await one(database, address));
      return readings;
    },
  };
}

async function one(database: Database, query: string): Promise<Reading> {
  try {
    const [row] = await database.query(query);
    return row === undefined
      ? { value: null, quality: "bad", code: "no-row" }
      : jsonReading(plain(Object.values(row)[0]));
  } catch (error) {
    // A query that is wrong spoils its own variable alone.
    if (error instanceof MillraceError && error.retry === "never")
      return { value: null, quality: "bad", code: error.code };
    throw error;
  }
}

function fromAll(
  rows: readonly Readonly<Record<string, unknown>>[],
  variables: readonly Variable[],
): Reading[] {
  const found = new Map(rows.map((row) => [String(row["address"]), row]));
  return variables.map(({ address }) => {
    const row = found.get(address);
    if (row === undefined) return { value: null, quality: "bad", code: "no-row" };
    const { quality, time } = row;
    const sourceTime = timeOf(time);
    return {
      ...jsonReading(plain(row["value"])),
      ...(quality === "good" || quality === "uncertain" || quality === "bad" ? { quality } : {}),
      ...(sourceTime === undefined ? {} : { sourceTime }),
    };
  });
}

/** Decimals come as text, so that they are exact; samples are numbers. */
function plain(value: unknown): unknown {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

function timeOf(time: unknown): number | undefined {
  const ms = time instanceof Date ? time.getTime() : typeof time === "string" ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function isConnector(value: unknown): boolean {
  return typeof value === "object" && value !== null && "connect" in value;
}
