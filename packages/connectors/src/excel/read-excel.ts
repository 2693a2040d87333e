import { MillraceError, canonicalJson, type RejectedInput, type Row } from "@millrace/core";
import { columnNames } from "../shared/files/column-names.ts";
import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { rowBuilder, type RowBuilder } from "../shared/files/row-builder.ts";
import { readNumberFormats } from "./number-formats.ts";
import type { ResolvedExcelOptions } from "./options.ts";
import { PackageParts } from "./package-parts.ts";
import { readSharedStrings } from "./shared-strings.ts";
import { SheetRows, type SheetRow } from "./sheet-rows.ts";
import { findSheet } from "./workbook.ts";
import { xmlEvents } from "./xml-events.ts";

const BATCH_ROWS = 4_096;

/** Reads the rows of one sheet of a workbook; the sheet is never in memory as a whole, its shared texts are. */
export async function* readExcel(
  file: OpenFile,
  options: ResolvedExcelOptions,
  { from, signal, log }: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  if (file.size === 0 && options.allowEmpty) return;
  await file.hashAll(signal);
  const parts = await PackageParts.open(file);
  const workbook = await findSheet(parts, options.sheet, file.name);
  const sheet = new SheetRows({
    strings: await readSharedStrings(parts, workbook.sharedStringsPart, file.name),
    styles: await readNumberFormats(parts, workbook.stylesPart, file.name),
    date1904: workbook.date1904,
    file: file.name,
  });
  const table = new SheetTable(file, options, from?.records ?? 0);
  for await (const _ of xmlEvents(parts.text(workbook.sheetPart), sheet, file.name)) {
    for (const row of sheet.take()) table.add(row);
    if (table.full) yield table.take();
  }
  file.bytesRead = file.size;
  if (sheet.uncalculated > 0) {
    log("warn", `${file.name}: ${sheet.uncalculated} formulas have no saved value and are null`, {
      hint: "Open the workbook in a spreadsheet program and save it.",
    });
  }
  if (!table.hasHeader && !options.allowEmpty) throw noHeader(file, options);
  yield table.take();
}

/** Makes rows out of a sheet's rows: finds the header, and rejects what does not fit it. */
class SheetTable {
  readonly #file: OpenFile;
  readonly #options: ResolvedExcelOptions;
  readonly #behind: number;
  #names: readonly string[] | undefined;
  #build: RowBuilder = () => ({});
  #records = 0;
  #rows: Row[] = [];
  #lines: number[] = [];
  #rejected: RejectedInput[] = [];

  constructor(file: OpenFile, options: ResolvedExcelOptions, behind: number) {
    this.#file = file;
    this.#options = options;
    this.#behind = behind;
    if (Array.isArray(options.header)) this.#use(columnNames(options.header, "error", "excel()"));
  }

  get hasHeader(): boolean {
    return this.#names !== undefined;
  }

  get full(): boolean {
    return this.#rows.length + this.#rejected.length >= BATCH_ROWS;
  }

  add(row: SheetRow): void {
    if (row.number <= this.#options.skipRows) return;
    if (this.#names === undefined) {
      this.#use(this.#namesOf(row));
      if (this.#options.header === true) return;
    }
    this.#records++;
    if (this.#records > this.#behind) this.#addRow(row, this.#names ?? []);
  }

  take(): Chunk {
    const lines = this.#lines;
    const first = lines[0];
    const chunk: Chunk = {
      rows: this.#rows,
      bytes: 0,
      mark: { records: Math.max(this.#records, this.#behind) },
      ...(first === undefined ? {} : { line: first, lines }),
      ...(this.#rejected.length === 0 ? {} : { rejected: this.#rejected }),
    };
    this.#rows = [];
    this.#lines = [];
    this.#rejected = [];
    return chunk;
  }

  #use(names: readonly string[]): void {
    this.#names = names;
    this.#build = rowBuilder(names);
  }

  #namesOf(row: SheetRow): string[] {
    const width = row.cells.findLastIndex((cell) => cell !== null) + 1;
    const cells = row.cells.slice(0, width);
    if (this.#options.header === false) return cells.map((_, index) => `column_${index + 1}`);
    const names = cells.map((cell) =>
      cell === null ? null : `${cell as string | number | bigint | boolean}`,
    );
    return columnNames(names, this.#options.duplicateHeaders, this.#file.name);
  }

  #addRow(row: SheetRow, names: readonly string[]): void {
    const width = row.cells.findLastIndex((cell) => cell !== null) + 1;
    if (row.error !== undefined && this.#options.errors === "reject")
      this.#reject(row, `has the error ${row.error}`);
    else if (width > names.length) this.#reject(row, `has ${width} cells instead of ${names.length}`);
    else {
      const values = names.map((_, index) => row.cells[index] ?? null);
      this.#rows.push(this.#build(values));
      this.#lines.push(row.number);
    }
  }

  #reject(row: SheetRow, why: string): void {
    this.#rejected.push({
      line: row.number,
      raw: canonicalJson(row.cells.map((cell) => cell ?? null)),
      code: "MLR_ROW_MALFORMED",
      message: `row ${row.number} ${why}`,
    });
  }
}

function noHeader(file: OpenFile, options: ResolvedExcelOptions): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${file.name}: the sheet ${typeof options.sheet === "number" ? `number ${options.sheet}` : `"${options.sheet}"`} is empty`,
    {
      hint: "Set `allowEmpty: true` if a sheet without a header means that there are no rows, or name another `sheet`.",
      details: { file: file.name },
    },
  );
}
