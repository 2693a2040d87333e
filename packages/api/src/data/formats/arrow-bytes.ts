import {
  binary,
  bool,
  Column,
  columnFromArray,
  type DataType,
  dateDay,
  float32,
  float64,
  int32,
  int64,
  tableFromColumns,
  tableToIPC,
  TimeUnit,
  timestamp,
  utf8,
} from "@uwdata/flechette";
import { type BinaryColumn, binaryColumns, type BinaryKind, type BinaryValue } from "./binary-columns.ts";
import { type ExportRequest, rowStream } from "./row-stream.ts";

/** Bytes before the metadata of a message: a mark and the metadata's length. */
const HEAD_BYTES = 8;
/** What ends a stream. */
const END = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** Rows as an Arrow stream, a batch for each portion. numeric is text, so that no digit is lost; so is what has no type of its own. */
export async function* arrowBytes(asked: ExportRequest): AsyncGenerator<Uint8Array> {
  const columns = binaryColumns(asked.grant, asked.query.selection);
  let begun = false;
  for await (const rows of rowStream(asked, true)) {
    const parsed = rows.map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);
    const bytes = encode(
      columns,
      columns.map((column) => parsed.map((row) => column.read(row[column.name] ?? null))),
    );
    yield begun ? withoutSchema(bytes) : bytes;
    begun = true;
  }
  if (!begun)
    yield encode(
      columns,
      columns.map(() => []),
    );
  yield END;
}

/** A stream of one batch, without its end. */
function encode(columns: readonly BinaryColumn[], values: readonly (readonly BinaryValue[])[]): Uint8Array {
  const table = tableFromColumns(
    columns.map(({ name, kind }, at): [string, Column<unknown>] => {
      const { stored, shown } = TYPES[kind];
      const column = columnFromArray([...(values[at] ?? [])], stored());
      return [name, new Column([...column.data], shown())];
    }),
  );
  const bytes = tableToIPC(table, { format: "stream" });
  // In memory there always are bytes.
  return (bytes ?? new Uint8Array()).subarray(0, -END.length);
}

/** The batch alone: a stream tells its schema once. */
function withoutSchema(bytes: Uint8Array): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
  return bytes.subarray(HEAD_BYTES + length);
}

/** How values are stored, and what they mean: the library would take times apart as doubles, which loses microseconds. */
const TYPES: Readonly<
  Record<BinaryKind, { readonly stored: () => DataType; readonly shown: () => DataType }>
> = {
  boolean: { stored: bool, shown: bool },
  integer: { stored: int32, shown: int32 },
  bigint: { stored: int64, shown: int64 },
  real: { stored: float32, shown: float32 },
  double: { stored: float64, shown: float64 },
  date: { stored: int32, shown: dateDay },
  timestamp: { stored: int64, shown: () => timestamp(TimeUnit.MICROSECOND, null) },
  timestamptz: { stored: int64, shown: () => timestamp(TimeUnit.MICROSECOND, "UTC") },
  bytes: { stored: binary, shown: binary },
  json: { stored: utf8, shown: utf8 },
  text: { stored: utf8, shown: utf8 },
};
