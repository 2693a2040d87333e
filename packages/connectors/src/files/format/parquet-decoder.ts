import { open, type FileHandle } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import {
  canonicalDecimal,
  type ColumnDefinition,
  type ColumnType,
  type Row,
  type ScalarType,
  type TableDefinition,
} from "@millrace/core";
import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { changedFile } from "./column-stores.ts";
import { isParquetDecimal } from "./parquet-types.ts";

/** Rows that are assembled at a time, of a row group. */
const SPAN_ROWS = 8_192;

/** Rows of a Parquet file that was written here. */
export async function* decodeParquet(
  path: string,
  columns: TableDefinition["columns"],
): AsyncGenerator<Row[], void, void> {
  const handle = await open(path);
  try {
    const file = await asyncBuffer(handle);
    const metadata = await readMetadata(path, file);
    takePhysical(metadata);
    const total = Number(metadata.num_rows);
    for (let start = 0; start < total; start += SPAN_ROWS) {
      yield await readSpan({ path, file, metadata }, columns, [start, Math.min(total, start + SPAN_ROWS)]);
    }
  } finally {
    await handle.close();
  }
}

async function readSpan(
  { path, file, metadata }: { path: string; file: AsyncBuffer; metadata: FileMetaData },
  columns: TableDefinition["columns"],
  [rowStart, rowEnd]: readonly [number, number],
): Promise<Row[]> {
  const rows: Row[] = [];
  const readers = columns.map((column) => ({ name: column.name, read: reader(column) }));
  try {
    await parquetRead({
      file,
      metadata,
      columns: columns.map(({ name }) => name),
      rowStart,
      rowEnd,
      rowFormat: "object",
      compressors: { ...compressors, ZSTD: (input: Uint8Array) => zstdDecompressSync(input) },
      utf8: false,
      parsers: { timestampFromNanoseconds: (nanos: bigint) => nanos },
      onComplete: (read: Record<string, unknown>[]) => {
        for (const raw of read) {
          const row: Row = {};
          for (const { name, read: value } of readers) {
            const found = raw[name];
            if (found !== null && found !== undefined) row[name] = value(found);
          }
          rows.push(row);
        }
      },
    });
  } catch (cause) {
    throw changedFile(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return rows;
}

/** The library makes decimals into doubles and times into milliseconds: it is told that they are plain numbers. */
function takePhysical(metadata: FileMetaData): void {
  for (const element of metadata.schema) {
    const kind = element.logical_type?.type;
    if (element.num_children !== undefined || kind === "UUID") continue;
    const text = kind === "STRING" || kind === "JSON";
    delete element.converted_type;
    delete element.logical_type;
    if (text) element.converted_type = "UTF8";
  }
}

function reader({ type }: ColumnDefinition): (raw: unknown) => unknown {
  if (type.kind !== "array") return scalarReader(type);
  const read = scalarReader(type.of);
  return (raw) =>
    (raw as readonly unknown[]).map((each) => (each === null || each === undefined ? null : read(each)));
}

function scalarReader(type: ScalarType & ColumnType): (raw: unknown) => unknown {
  if (isParquetDecimal(type)) return (raw) => decimalOf(raw, type.scale ?? 0);
  switch (type.kind) {
    case "bigint":
    case "timestamp":
    case "timestamptz":
      return integer;
    case "time":
      return Number;
    case "bytea":
      // The value is a window on a whole page, which it would keep in memory.
      return (raw) => Uint8Array.from(raw as Uint8Array);
    default:
      return (raw) => raw;
  }
}

function integer(raw: unknown): number | bigint {
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : (raw as bigint);
}

function decimalOf(raw: unknown, scale: number): string {
  const value = raw instanceof Uint8Array ? signed(raw) : BigInt(raw as number | bigint);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const point = digits.length - scale;
  const text = `${value < 0n ? "-" : ""}${digits.slice(0, point)}${scale === 0 ? "" : `.${digits.slice(point)}`}`;
  return canonicalDecimal(text) ?? text;
}

function signed(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}

async function readMetadata(path: string, file: AsyncBuffer): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file);
  } catch (cause) {
    throw changedFile(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function asyncBuffer(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      for (let at = 0; at < bytes.length;) {
        const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return bytes.buffer;
    },
  };
}
