import { tableText } from "../text-pages.ts";
import { parseXml } from "./parse-xml.ts";

interface OpenTable {
  readonly rows: string[][];
  cell: string[] | undefined;
}

/** The text of a part of a Word document: a paragraph a line, tables in columns, deleted text left out. */
export function docxText(xml: string, file: string): string {
  const lines: string[] = [];
  const tables: OpenTable[] = [];
  let paragraph = "";
  let inText = false;
  let deleted = 0;
  const endParagraph = (): void => {
    const cell = tables.at(-1)?.cell;
    if (cell === undefined) lines.push(paragraph.trimEnd());
    else if (paragraph.trim() !== "") cell.push(paragraph.trim());
    paragraph = "";
  };
  const endTable = (): void => {
    const table = tables.pop();
    if (table === undefined) return;
    const outer = tables.at(-1)?.cell;
    // A table inside of a cell is text of that cell.
    if (outer === undefined) lines.push(tableText(table.rows));
    else outer.push(table.rows.map((row) => row.join(" ")).join(" "));
  };
  parseXml(
    xml,
    {
      open(name) {
        if (name === "t") inText = true;
        else if (name === "del" || name === "moveFrom") deleted++;
        else if (name === "tab") paragraph += "\t";
        else if (name === "br" || name === "cr") paragraph += tables.length > 0 ? " " : "\n";
        else if (name === "noBreakHyphen") paragraph += "-";
        else if (name === "tbl") tables.push({ rows: [], cell: undefined });
        else if (name === "tr") tables.at(-1)?.rows.push([]);
        else if (name === "tc") startCell(tables.at(-1));
      },
      close(name) {
        if (name === "t") inText = false;
        else if (name === "del" || name === "moveFrom") deleted--;
        else if (name === "p") endParagraph();
        else if (name === "tc") endCell(tables.at(-1));
        else if (name === "tbl") endTable();
      },
      text(text) {
        if (inText && deleted === 0) paragraph += text;
      },
    },
    file,
  );
  return lines.join("\n");
}

function startCell(table: OpenTable | undefined): void {
  if (table !== undefined) table.cell = [];
}

function endCell(table: OpenTable | undefined): void {
  if (table === undefined) return;
  table.rows.at(-1)?.push((table.cell ?? []).join(" "));
  table.cell = undefined;
}
