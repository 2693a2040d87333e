import { MillraceError, parseOptions, type DatabaseConnector } from "@millrace/core";
import { z } from "zod";
import type { PlanLoader } from "../../shared/sampling/index.ts";
import { variableOfRow } from "./plan-row.ts";

/** Options of `tablePlan()`. */
export const tablePlanOptions = z
  .strictObject({
    /** The database: its name in the configuration, or a connector such as `postgres({ url })`. */
    from: z.union([z.string().min(1), z.custom<DatabaseConnector>(isConnector)], {
      message: 'must be a name of the configuration, or a database such as postgres({ url: "…" })',
    }),
    /** The table, whose columns are id, address, reader and any other option of a variable. Either it or `query` is needed. */
    table: z.string().min(1).optional(),
    /** A query in the database's own SQL that answers such columns. */
    query: z.string().min(1).optional(),
  })
  .refine(({ table, query }) => (table === undefined) !== (query === undefined), {
    message: "give either table or query",
  });

/** Options of `tablePlan()`, as users write them. */
export type TablePlanOptions = z.input<typeof tablePlanOptions>;

/**
 * The variables that a database knows, read when sampling starts. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example tablePlan({ from: "plant", table: "variables" })
 */
export function tablePlan(options: TablePlanOptions): PlanLoader {
  const { from, table, query } = parseOptions(tablePlanOptions, options, "tablePlan()");
  const what = table ?? "the query";
  return {
    name: `plan of ${what}`,
    async load({ database }) {
      if (database === undefined) {
        throw new MillraceError("MLR_DATABASE_UNKNOWN", "there are no databases here to read a plan from", {
          hint: "Run it in a pipeline, or give the collector `access: { database }`.",
        });
      }
      const connected = await database(from);
      const rows = await connected.query(
        query ?? `SELECT * FROM ${connected.quote(...(table ?? "").split("."))}`,
      );
      return rows.map((row, index) => variableOfRow(row, `${what}, row ${index + 1}`));
    },
  };
}

function isConnector(value: unknown): boolean {
  return typeof value === "object" && value !== null && "connect" in value;
}
