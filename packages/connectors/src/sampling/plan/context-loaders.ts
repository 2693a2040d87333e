import { MillraceError, type DatabaseConnector } from "@millrace/core";
import { readCsvRows } from "./csv-rows.ts";
import type { ContextLoader } from "./stored-repository.ts";

/** Contexts in a CSV file of the project's folder. */
export function csvContexts(options: {
  /** Its first line names the columns: id, plan, name, interval_ms, min_interval_ms, duration_seconds. */
  readonly path: string;
}): ContextLoader {
  return {
    name: options.path,
    load: async (context) => (await readCsvRows(options.path, ",", context)).map(({ record }) => record),
  };
}

/** Contexts in a table of a database. */
export function tableContexts(options: {
  /** The database: its name in the configuration, or a connector. */
  readonly from: string | DatabaseConnector;
  /** With the columns id and plan, and optionally name, interval_ms, min_interval_ms, duration_seconds. */
  readonly table: string;
}): ContextLoader {
  const { from, table } = options;
  return {
    name: table,
    async load({ database }) {
      if (database === undefined) {
        throw new MillraceError("MLR_DATABASE_UNKNOWN", "there are no databases here to read contexts from", {
          hint: "Give the collector `access: { database }`.",
        });
      }
      const connected = await database(from);
      return connected.query(`SELECT * FROM ${connected.quote(...table.split("."))}`);
    },
  };
}
