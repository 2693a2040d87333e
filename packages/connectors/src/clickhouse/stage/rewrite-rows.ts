import { MillraceError, type ColumnDefinition } from "@millrace/core";
import { ByteReader } from "../codec/byte-reader.ts";
import { decodeRows, RowCodec } from "../codec/row-codec.ts";
import { compileRowWidening } from "../define/widen.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote } from "../server/quote.ts";
import { RowLane } from "./row-lane.ts";

/** A table and the columns that are to be read or written, in their order. */
export interface Side {
  readonly database: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
}

/** Copies all rows of a table into another one with wider or more columns: types change as canonical texts do, which SQL cannot. */
export async function rewriteRows(
  server: ClickHouseServer,
  { from, to, batchBytes }: { readonly from: Side; readonly to: Side; readonly batchBytes: number },
): Promise<void> {
  const [reading, writing] = [
    new RowCodec(from.columns, server.features),
    new RowCodec(to.columns, server.features),
  ];
  const doing = `changing the columns of table "${from.table}"`;
  const lane = new RowLane({ server, database: to.database, table: to.table, batchBytes, doing });
  const widen = compileRowWidening(from.columns, to.columns);
  const sql = `SELECT ${reading.selectList} FROM ${quote(from.database, from.table)} FORMAT RowBinary`;
  const decoded = decodeRows(
    server.stream(sql, { doing }),
    new ByteReader(),
    (reader) => reading.read(reader),
    cutOff,
  );
  for await (const rows of decoded) {
    for (const row of rows) writing.write(lane.writer, widen(row));
    await lane.advance();
  }
  await lane.flush();
}

/** An answer that ends in the middle of a row. */
export function cutOff(): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_UNAVAILABLE",
    "an answer of ClickHouse ended in the middle of a row",
    {
      hint: "Run again.",
    },
  );
}
