import { parseOptions, type Source } from "@millrace/core";
import { parseLag } from "./lag.ts";
import { databaseOptions, type DatabaseOptions } from "./options.ts";
import { readDatabase } from "./read-database.ts";

export type { DatabaseOptions } from "./options.ts";

/**
 * Rows of a table or query of any database, with the types that it declares. Read whole, what the table no longer holds is
 * removed where the write mode removes; with a cursor only what is new is read. Interrupted it goes on where it was.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID; connects only when the pipeline runs.
 * @example database({ from: "crm", table: "customers" })
 * @example database({ from: mariadb({ url }), query: "select * from orders", cursor: { column: "updated_at" } })
 */
export function database(options: DatabaseOptions): Source {
  const resolved = parseOptions(databaseOptions, options, "database()");
  const lag = resolved.cursor === undefined ? undefined : parseLag(resolved.cursor.lag);
  return { kind: "database", read: (context) => readDatabase({ options: resolved, lag }, context) };
}
