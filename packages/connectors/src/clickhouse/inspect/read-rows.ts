import type { ColumnDefinition, Row } from "@millrace/core";
import { ByteReader } from "../codec/byte-reader.ts";
import { decodeRows, RowCodec } from "../codec/row-codec.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { cutOff } from "../stage/rewrite-rows.ts";

/** Rows in storage form, in batches; `from` is what follows the columns of a SELECT. */
export function readRows(
  server: ClickHouseServer,
  columns: readonly ColumnDefinition[],
  from: string,
): AsyncGenerator<Row[], void, undefined> {
  const codec = new RowCodec(columns, server.features);
  const bytes = server.stream(`SELECT ${codec.selectList} ${from} FORMAT RowBinary`, {
    doing: "reading rows",
  });
  return decodeRows(bytes, new ByteReader(), (reader) => codec.read(reader), cutOff);
}
