import { csvLine } from "../../manage/tables/csv-line.ts";
import { selectedColumns } from "../query/row-sql.ts";
import { type ExportRequest, rowStream } from "./row-stream.ts";

/** Rows as CSV of RFC 4180 with a line of names; every digit of a number is there, and what is embedded is JSON. */
export async function* csvText(asked: ExportRequest): AsyncGenerator<string> {
  const { grant, query } = asked;
  const names = [
    ...selectedColumns(grant, query.selection).map(({ name }) => name),
    ...query.selection.embeds.map(({ relation }) => relation),
  ];
  // For programs: what a spreadsheet would take for a formula is sent as it is.
  const line = csvLine({ raw: true });
  let head = line(names);
  for await (const rows of rowStream(asked, true)) {
    const lines = rows.map((text) => {
      const row = JSON.parse(text) as Readonly<Record<string, unknown>>;
      return line(names.map((name) => row[name]));
    });
    yield head + lines.join("");
    head = "";
  }
  if (head !== "") yield head;
}
