import { readFile } from "node:fs/promises";
import path from "node:path";
import { MillraceError, parseOptions } from "@millrace/core";
import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import type { PlanLoader, VariableInput } from "../../shared/sampling/index.ts";
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
    async load({ directory }) {
      const records = parsed(await textOf(path.resolve(directory, file), file), delimiter, file);
      return records.map(({ record, info }): VariableInput =>
        variableOfRow(record, `${file}, line ${info.lines}`),
      );
    },
  };
}

interface Parsed {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

function parsed(text: string, delimiter: string, file: string): readonly Parsed[] {
  try {
    return parse(text, {
      columns: true,
      bom: true,
      comment: "#",
      comment_no_infix: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly Parsed[];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new MillraceError("MLR_SOURCE_FORMAT", `${file}: ${cause.message}`, {
      hint: "The first line names the columns, and each line has as many fields as it.",
      cause,
    });
  }
}

async function textOf(full: string, file: string): Promise<string> {
  try {
    return await readFile(full, "utf8");
  } catch (cause) {
    throw new MillraceError("MLR_SOURCE_NOT_FOUND", `the plan ${file} cannot be read: ${String(cause)}`, {
      hint: `Looked for it at ${full}: paths start in the project's folder.`,
      cause,
    });
  }
}
