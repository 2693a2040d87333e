import type { Row } from "@millrace/core";
import type { PdfPage } from "../shared/document/pdf/pdf-messages.ts";
import type { PageTable } from "../shared/document/tables/document-table.ts";
import { findTables } from "../shared/document/tables/find-tables.ts";
import { continues, sameCells, textBetween } from "../shared/document/tables/merge-pages.ts";
import type { ResolvedPdfOptions } from "./options.ts";

type Cells = PageTable["rows"][number];

/** A table that may go on behind the page break. */
interface OpenTable {
  readonly number: number;
  readonly header: Cells | undefined;
  readonly names: readonly string[];
  /** Its latest piece. */
  readonly last: PageTable;
  /** Text below that piece ends the table. */
  readonly textBelow: boolean;
  readonly rows: number;
}

/** Rows of a document's tables, page by page. */
export class TableRows {
  readonly #file: string;
  readonly #options: ResolvedPdfOptions["tables"];
  #open: OpenTable | undefined;
  #tables = 0;

  constructor(file: string, options: ResolvedPdfOptions["tables"]) {
    this.#file = file;
    this.#options = options;
  }

  /** The rows of a page's tables; a table that goes on from the page before keeps its names and its number. */
  ofPage(page: PdfPage): Row[] {
    return findTables(page, this.#options).flatMap((table) => {
      const textBelow = textBetween(page, table.y1, page.height);
      const open = this.#open;
      if (open !== undefined && this.#goesOn(open, table, page)) return this.#rows(open, table, textBelow);
      return this.#rows(this.#start(table), table, textBelow);
    });
  }

  #goesOn(open: OpenTable, table: PageTable, page: PdfPage): boolean {
    if (!this.#options.mergePages || open.textBelow || textBetween(page, 0, table.y0)) return false;
    return continues(open.last, table);
  }

  #start(table: PageTable): OpenTable {
    const { header } = this.#options;
    const first = header === true ? table.rows[0] : undefined;
    const names = Array.isArray(header) ? header : header === true ? headerNames(first ?? []) : [];
    return { number: ++this.#tables, header: first, names, last: table, textBelow: false, rows: 0 };
  }

  #rows(open: OpenTable, table: PageTable, textBelow: boolean): Row[] {
    const repeated = open.header !== undefined && sameCells(open.header, table.rows[0] ?? []);
    const rows = repeated ? table.rows.slice(1) : table.rows;
    this.#open = { ...open, last: table, textBelow, rows: open.rows + rows.length };
    return this.#isWanted(open) ? rows.map((cells, index) => this.#row(open, table, cells, index)) : [];
  }

  #isWanted({ number, names }: OpenTable): boolean {
    const { having, number: only } = this.#options;
    return (only === undefined || only === number) && (having ?? []).every((name) => names.includes(name));
  }

  #row(open: OpenTable, table: PageTable, cells: Cells, index: number): Row {
    const row: Row = { file: this.#file, page: table.page, table: open.number, row: open.rows + index + 1 };
    for (const [column, cell] of cells.entries()) row[open.names[column] ?? `column_${column + 1}`] = cell;
    return row;
  }
}

/** Columns that every row has. */
const RESERVED: ReadonlySet<string> = new Set(["file", "page", "table", "row"]);

/** Names of a header's cells: line breaks as spaces, empty ones by their number, the same one again with its number. */
function headerNames(cells: Cells): string[] {
  const names: string[] = [];
  for (const [index, cell] of cells.entries()) {
    const text = (cell ?? "").replaceAll(/\s+/g, " ").trim();
    const name = text === "" ? `column_${index + 1}` : text;
    names.push(names.includes(name) || RESERVED.has(name) ? `${name}_${index + 1}` : name);
  }
  return names;
}
