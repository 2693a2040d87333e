import { isUtf8 } from "node:buffer";
import { MillraceError, nearest, type ColumnDefinition, type Row } from "@millrace/core";
import {
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { rowBuilder } from "../shared/files/row-builder.ts";
import { planColumn, type ColumnPlan } from "./column-plan.ts";
import { ColumnValues } from "./column-values.ts";
import type { ResolvedParquetOptions } from "./options.ts";

const BATCH_ROWS = 4_096;
/** Rows of a row group that are decoded at a time: row groups have no upper limit. */
const SPAN_ROWS = 524_288;

/** What a file of somebody who is not trusted may need at most. */
export interface ParquetLimits {
  /** Top-level columns. */
  readonly columns: number;
  /** Bytes of one row group, and of one page of it, unpacked. */
  readonly groupBytes: number;
}

/** Rows from `start` on, before `end`. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Reads the rows of one Parquet file, a part of a row group at a time; its types become those of the columns. */
export async function* readParquet(
  file: OpenFile,
  options: ResolvedParquetOptions,
  { from, signal, limits }: Pick<FormatContext, "from" | "signal"> & { readonly limits?: ParquetLimits },
): AsyncGenerator<Chunk, void, void> {
  if (file.size === 0 && options.allowEmpty) return;
  await file.hashAll(signal);
  const buffer = asyncBuffer(file);
  const metadata = await metadataOf(file, buffer);
  if (limits !== undefined) checkLimits(metadata, limits);
  const plans = planColumns(file, metadata, options);
  const columns = plans.map(({ name, type }): ColumnDefinition => ({ name, type }));
  yield { rows: [], bytes: 0, columns };
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const bytesPerRow = Number(group.total_byte_size) / (end - start);
    for (let at = Math.max(start, from?.records ?? 0); at < end; at += SPAN_ROWS) {
      const span = { start: at, end: Math.min(end, at + SPAN_ROWS) };
      const values = await readSpan({ file, buffer, metadata, limits }, plans, span);
      yield* batches(plans, values, span, bytesPerRow);
      file.bytesRead = Math.round((file.size * span.end) / Number(metadata.num_rows));
    }
    start = end;
  }
}

function* batches(
  plans: readonly ColumnPlan[],
  columns: readonly ColumnValues[],
  { start: first, end }: Span,
  bytesPerRow: number,
): Generator<Chunk, void, void> {
  const build = rowBuilder(plans.map((plan) => plan.name));
  const values: unknown[] = [];
  for (let start = first; start < end; start += BATCH_ROWS) {
    const stop = Math.min(end, start + BATCH_ROWS);
    const rows: Row[] = [];
    for (let row = start; row < stop; row++) {
      for (let index = 0; index < columns.length; index++) values[index] = columns[index]?.at(row);
      rows.push(build(values));
    }
    yield { rows, line: start + 1, bytes: bytesPerRow * rows.length, mark: { records: stop } };
  }
}

interface Opened {
  readonly file: OpenFile;
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly limits: ParquetLimits | undefined;
}

async function readSpan(
  { file, buffer, metadata, limits }: Opened,
  plans: readonly ColumnPlan[],
  { start, end }: Span,
): Promise<ColumnValues[]> {
  const columns = new Map(plans.map((plan) => [plan.name, new ColumnValues(plan.convert)]));
  try {
    await parquetRead({
      file: buffer,
      metadata,
      columns: plans.map((plan) => plan.name),
      rowStart: start,
      rowEnd: end,
      compressors: limits === undefined ? compressors : limitedCompressors(limits),
      useOffsetIndex: true,
      utf8: false,
      parsers: {
        stringFromBytes: (bytes) => textOf(bytes, file),
        timestampFromNanoseconds: (nanos) => nanos,
      },
      onChunk: ({ columnName, columnData, rowStart }) => columns.get(columnName)?.add(rowStart, columnData),
    });
  } catch (error) {
    throw unreadable(file, error);
  }
  return [...columns.values()];
}

/** What a file says of itself. Fails with MLR_PUSH_LIMIT. */
function checkLimits(
  { row_groups: groups, schema }: FileMetaData,
  { columns, groupBytes }: ParquetLimits,
): void {
  const width = schema[0]?.num_children ?? 0;
  if (width > columns) throw tooMuch(`A Parquet file has at most ${columns} columns, and this one ${width}`);
  for (const group of groups) {
    // Values that are all the same take no bytes, and still memory once they are read.
    const bytes = Math.max(
      Number(group.total_byte_size),
      Math.min(Number(group.num_rows), SPAN_ROWS) * width,
    );
    if (bytes > groupBytes)
      throw tooMuch(`A row group has at most ${groupBytes} bytes unpacked, and one has ${bytes}`);
  }
}

/** What a page says of itself may be another thing than what the file says of it. */
function limitedCompressors({ groupBytes }: ParquetLimits): Compressors {
  return Object.fromEntries(
    Object.entries(compressors).map(([name, unpack]) => [
      name,
      (input: Uint8Array, length: number) => {
        if (length > groupBytes)
          throw tooMuch(`A page has at most ${groupBytes} bytes unpacked, and one has ${length}`);
        return unpack(input, length);
      },
    ]),
  );
}

function tooMuch(message: string): MillraceError {
  return new MillraceError("MLR_PUSH_LIMIT", message, { hint: "Write it with smaller row groups." });
}

function textOf(bytes: Uint8Array | undefined, file: OpenFile): string | undefined {
  if (bytes === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (text.includes("\ufffd") && !isUtf8(bytes)) {
    throw new MillraceError("MLR_SOURCE_FORMAT", `${file.name} has text that is not valid UTF-8`, {
      hint: "The program that wrote the file is at fault: Parquet's text is UTF-8.",
      details: { file: file.name },
    });
  }
  return text;
}

function asyncBuffer(file: OpenFile): AsyncBuffer {
  return {
    byteLength: file.size,
    async slice(start, end = file.size) {
      const bytes = await file.at(start, Math.max(0, Math.min(end, file.size) - start));
      const buffer = bytes.buffer as ArrayBuffer;
      return bytes.byteLength === buffer.byteLength
        ? buffer
        : buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    },
  };
}

async function metadataOf(file: OpenFile, buffer: AsyncBuffer): Promise<FileMetaData> {
  const tail = file.size < 12 ? "" : (await file.at(file.size - 4, 4)).toString("latin1");
  const head = (await file.head(4)).toString("latin1");
  if (head !== "PAR1" || tail !== "PAR1") {
    throw new MillraceError("MLR_SOURCE_FORMAT", `${file.name} is ${whatElse(file, head, tail)}`, {
      hint:
        head === "PAR1"
          ? "Copy or download the file again."
          : "Check the path, and that the file is Parquet.",
      details: { file: file.name },
    });
  }
  try {
    return await parquetMetadataAsync(buffer);
  } catch (error) {
    throw unreadable(file, error);
  }
}

function whatElse(file: OpenFile, head: string, tail: string): string {
  if (file.size === 0) return "empty";
  if (head === "PARE" || tail === "PARE") return "an encrypted Parquet file, which cannot be read";
  return head === "PAR1" ? "a Parquet file that was cut short" : "not a Parquet file";
}

function planColumns(file: OpenFile, metadata: FileMetaData, options: ResolvedParquetOptions): ColumnPlan[] {
  const nodes = parquetSchema(metadata).children;
  const names = nodes.map((node) => node.element.name);
  const unknown = options.columns?.find((column) => !names.includes(column));
  if (unknown !== undefined) {
    const guess = nearest(unknown, names);
    throw new MillraceError("MLR_SOURCE_FORMAT", `${file.name} has no column "${unknown}"`, {
      hint: guess === undefined ? `Its columns: ${names.join(", ")}.` : `Did you mean "${guess}"?`,
      details: { file: file.name, column: unknown },
    });
  }
  return nodes
    .filter((node) => options.columns?.includes(node.element.name) ?? true)
    .map((node) => planColumn(node, options.binaryAsText));
}

function unreadable(file: OpenFile, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MillraceError("MLR_SOURCE_FORMAT", `${file.name} cannot be read as Parquet: ${reason}`, {
    hint: "The file may be damaged, or use a feature of Parquet that is not known here.",
    details: { file: file.name },
    cause: error,
  });
}
