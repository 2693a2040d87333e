import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { type BinaryColumn, binaryColumns, type BinaryKind, type BinaryValue } from "./binary-columns.ts";
import { type ExportRequest, rowStream } from "./row-stream.ts";

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

/** Rows of one group: what is kept in memory until it is written. */
const GROUP_ROWS = 10_000;

/** Rows as a Parquet file, group by group. numeric is text, so that no digit is lost; so is what Parquet has no type for. */
export async function* parquetBytes(asked: ExportRequest): AsyncGenerator<Uint8Array> {
  const columns = binaryColumns(asked.grant, asked.query.selection);
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(columns), createdBy: "millrace" });
  let group: BinaryValue[][] = columns.map(() => []);
  for await (const rows of rowStream(asked, true)) {
    for (const text of rows) {
      const row = JSON.parse(text) as Readonly<Record<string, unknown>>;
      for (const [at, column] of columns.entries()) group[at]?.push(column.read(row[column.name] ?? null));
    }
    if ((group[0]?.length ?? 0) < GROUP_ROWS) continue;
    await writeGroup(writer, columns, group);
    group = columns.map(() => []);
    yield drain(bytes);
  }
  if ((group[0]?.length ?? 0) > 0) await writeGroup(writer, columns, group);
  await writer.finish();
  yield drain(bytes);
}

async function writeGroup(
  writer: ParquetWriter,
  columns: readonly BinaryColumn[],
  group: readonly BinaryValue[][],
): Promise<void> {
  const columnData = columns.map(({ name }, at) => ({ name, data: group[at] ?? [] }));
  await writer.write({ columnData, rowGroupSize: GROUP_ROWS * 2 });
}

/** What was written since the last time. Places in the file count on. */
function drain(bytes: ByteWriter): Uint8Array {
  const written = bytes.getBytes().slice();
  bytes.index = 0;
  return written;
}

const TYPES: Readonly<Record<BinaryKind, Omit<SchemaElement, "name">>> = {
  boolean: { type: "BOOLEAN" },
  integer: { type: "INT32" },
  bigint: { type: "INT64" },
  real: { type: "FLOAT" },
  double: { type: "DOUBLE" },
  date: { type: "INT32", converted_type: "DATE" },
  timestamp: {
    type: "INT64",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" },
  },
  timestamptz: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  bytes: { type: "BYTE_ARRAY" },
  // As text: what is JSON here is written as it stands.
  json: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
};

function schemaOf(columns: readonly BinaryColumn[]): SchemaElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.map(({ name, kind }): SchemaElement => ({
      name,
      repetition_type: "OPTIONAL",
      ...TYPES[kind],
    })),
  ];
}
