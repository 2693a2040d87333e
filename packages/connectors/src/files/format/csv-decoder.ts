import type { Row, TableDefinition } from "@millrace/core";
import { changedFile, columnStore } from "./column-stores.ts";
import { CsvRecords, type CsvField } from "./csv-records.ts";
import type { WrittenAs } from "./decoder.ts";
import { unescapeFormula } from "./formula.ts";
import { readText } from "./read-text.ts";

/** Rows of a CSV file that was written here. */
export async function* decodeCsv(
  path: string,
  as: WrittenAs,
  columns: TableDefinition["columns"],
): AsyncGenerator<Row[], void, void> {
  const sets = columns.map((column) => ({
    set: columnStore(path, column, true),
    escaped: as.escapeFormulas && column.type.kind === "text",
  }));
  const toRow = (fields: readonly CsvField[]): Row => {
    if (fields.length !== columns.length)
      throw changedFile(path, `a line has ${fields.length} fields, not ${columns.length}`);
    const row: Row = {};
    for (const [index, { text, quoted }] of fields.entries()) {
      const column = sets[index];
      if (column === undefined || (!quoted && text === as.nullText)) continue;
      column.set(row, column.escaped ? unescapeFormula(text) : text);
    }
    return row;
  };
  const records = new CsvRecords(as.delimiter);
  let header: readonly CsvField[] | undefined;
  for await (const text of readText(path, as.compression)) {
    let found: readonly (readonly CsvField[])[] = records.push(text);
    if (header === undefined) {
      [header, ...found] = found;
      checkHeader(path, header, columns);
    }
    if (found.length > 0) yield found.map(toRow);
  }
  if (header === undefined || records.open) throw changedFile(path, "it ends in the middle of a line");
}

function checkHeader(
  path: string,
  header: readonly CsvField[] | undefined,
  columns: TableDefinition["columns"],
): void {
  if (header === undefined || header.length === 0) return;
  const names = header.map(({ text }) => text).join();
  if (names !== columns.map(({ name }) => name).join()) throw changedFile(path, `its header is ${names}`);
}
