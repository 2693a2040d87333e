import { parseOptions, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { excelOptions, type ExcelOptions } from "./options.ts";

export type { ExcelOptions } from "./options.ts";

/**
 * Rows of a sheet of Excel workbooks (.xlsx): dates as dates without a zone, formulas as the value they had when the
 * workbook was saved, merged cells as one value in their first cell. Sheets of any length are read in bounded memory.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example excel({ path: "data/budget.xlsx", sheet: "2026" })
 */
export function excel(options: ExcelOptions): Source {
  const resolved = parseOptions(excelOptions, options, "excel()");
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, ...decisive } = resolved;
  return fileSource({
    kind: "excel",
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: {},
    grows: false,
    async *read(file, context) {
      const { readExcel } = await import("./read-excel.ts");
      yield* readExcel(file, resolved, context);
    },
  });
}
