import { parseOptions } from "@millrace/core";
import { z } from "zod";
import type { PlanLoader, VariableInput } from "../../shared/sampling/index.ts";
import { readCsvRows } from "./csv-rows.ts";
import { variableOfRow } from "./plan-row.ts";

/** Options of `csvPlan()`. */
export const csvPlanOptions = z.strictObject({
  /** The file, in the project's folder. Its first line names the columns: id, address, reader, and any other option of a variable. */
  path: z.string().min(1),
  /** What stands between two fields. Default `,`. */
  delimiter: z.string().length(1).default(","),
});

/** Options of `csvPlan()`, as users write them. */
export type CsvPlanOptions = z.input<typeof csvPlanOptions>;

/**
 * The variables of a CSV file, read when sampling starts. Lines that begin with `#` are left out.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example csvPlan({ path: "plans/press.csv" })
 */
export function csvPlan(options: CsvPlanOptions): PlanLoader {
  const { path: file, delimiter } = parseOptions(csvPlanOptions, options, "csvPlan()");
  return {
    name: file,
    async load(context) {
      const rows = await readCsvRows(file, delimiter, context);
      return rows.map(({ record, line }): VariableInput => variableOfRow(record, `${file}, line ${line}`));
    },
  };
}
