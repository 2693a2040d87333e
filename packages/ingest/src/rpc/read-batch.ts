import { hash } from "node:crypto";
import { MillraceError, parseJsonExact, type Row } from "@millrace/core";
import type { ReadRow } from "../door/parts.ts";
import { pushRows, type PushedBatch } from "../door/push-body.ts";
import { invalid, readLines } from "../door/read-lines.ts";
import type { PushLimits } from "../door/push-limits.ts";
import type { BatchPart } from "../landing/submission.ts";
import type { StreamDoor } from "../service/push-service.ts";
import type { Batch, Column, Columns, TypedRows, Value } from "./ingest.gen.ts";

const BATCH_ID = /^[\x21-\x7e]{1,128}$/;
/** Bytes that a value is taken to have: enough to cut long batches by. */
const VALUE_BYTES = 16;

/** Lands a batch. Fails with MLR_PUSH_INVALID or MLR_PUSH_LIMIT, or as `StreamDoor.submit`. */
export async function landBatch(
  batch: Omit<Batch, "$typeName">,
  door: StreamDoor,
  limits: PushLimits,
): Promise<PushedBatch> {
  const { id, offset, more } = batch;
  if (id !== "" && !BATCH_ID.test(id))
    throw invalid("The batch id is not 1 to 128 visible ASCII characters", "Use a UUID.");
  const known = id === "" ? undefined : id;
  if ((offset !== 0n || more) && known === undefined)
    throw invalid("A batch that comes in several messages needs an id", "Use a UUID.");
  if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER))
    throw invalid("The offset of a batch is not the number of rows before it", "Begin with 0.");
  const about = { id: known, offset: Number(offset), untyped: false, limits };
  const whole = offset === 0n && !more ? digestOf(batch) : undefined;
  const submit = (part: BatchPart) => door.submit(more ? { ...part, last: false } : part);
  return pushRows(
    rowsOf(batch, limits),
    { ...about, submit },
    whole === undefined ? undefined : { text: whole },
  );
}

/** Tells the content of a batch from others, where its bytes are at hand. */
function digestOf({ id, rows }: Pick<Batch, "id" | "rows">): string | undefined {
  if (id === "" || rows.case !== "ndjson") return undefined;
  return hash("sha256", rows.value, "base64url").slice(0, 12);
}

async function* rowsOf(
  { rows }: Pick<Batch, "rows">,
  limits: PushLimits,
): AsyncGenerator<readonly ReadRow[]> {
  switch (rows.case) {
    case "ndjson":
      return yield* readLines(once(rows.value), limits);
    case "typed":
      return yield typedRows(rows.value, limits);
    case "columns":
      return yield columnRows(rows.value, limits);
    case undefined:
      throw invalid("The batch has no rows", "Set ndjson, typed or columns.");
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function typedRows({ fields, rows }: TypedRows, limits: PushLimits): readonly ReadRow[] {
  checkFields(fields, limits);
  return rows.map(({ values }): ReadRow => {
    const bytes = values.length * VALUE_BYTES;
    if (values.length > fields.length)
      return { raw: "", problem: `the row has ${values.length} values for ${fields.length} fields`, bytes };
    try {
      const row: Row = {};
      for (const [at, value] of values.entries()) row[fields[at] as string] = valueOf(value);
      return { row, bytes };
    } catch (error) {
      return { raw: "", problem: error instanceof Error ? error.message : String(error), bytes };
    }
  });
}

function checkFields(fields: readonly string[], limits: PushLimits): void {
  if (fields.length > limits.fields)
    throw new MillraceError("MLR_PUSH_LIMIT", `A row has at most ${limits.fields} fields`);
  const twice = fields.find((name, at) => fields.indexOf(name) !== at);
  if (twice !== undefined || fields.includes(""))
    throw invalid("A field has no name, or two have the same", "Name each field once.");
}

function valueOf({ kind }: Value): unknown {
  switch (kind.case) {
    case undefined:
      return null;
    case "intValue":
      return whole(kind.value);
    case "jsonValue":
      return jsonOf(kind.value);
    case "timestampMicros":
      return timeOf(kind.value);
    default:
      return kind.value;
  }
}

/** Columns become rows by filling one field of all rows after the other. */
function columnRows({ count, columns }: Columns, limits: PushLimits): readonly ReadRow[] {
  checkFields(
    columns.map(({ name }) => name),
    limits,
  );
  // What is empty costs nothing to send, so that the count alone must not cost anything either.
  if (columns.length === 0 && count > 0) throw invalid("The batch has rows and no columns", "Send columns.");
  const sizes = columns.map((column) => lengthOf(column, count));
  const wrong = sizes.findIndex((size) => size !== count);
  if (wrong >= 0) {
    throw invalid(
      `Column "${columns[wrong]?.name}" has values for ${sizes[wrong]} rows of ${count}`,
      "A column has a value for each row that is not null in it.",
    );
  }
  const rows = Array.from({ length: count }, (): Row => ({}));
  for (const column of columns) fill(rows, column);
  const bytes = columns.length * VALUE_BYTES;
  return rows.map((row) => ({ row, bytes }));
}

/** Rows that a column's values and nulls make. */
function lengthOf({ values, nulls }: Column, count: number): number {
  if (nulls.length > 0 && nulls.length !== Math.ceil(count / 8)) return nulls.length * 8;
  let missing = 0;
  for (let at = 0; at < count && nulls.length > 0; at++) if (isNull(nulls, at)) missing++;
  return missing + (values.value?.values.length ?? 0);
}

function fill(rows: readonly Row[], { name, values, nulls }: Column): void {
  const convert = CONVERT[values.case ?? "none"];
  const all: readonly unknown[] = values.value?.values ?? [];
  let next = 0;
  for (const [at, row] of rows.entries()) {
    if (nulls.length > 0 && isNull(nulls, at)) row[name] = null;
    else {
      const value = all[next++];
      row[name] = convert === undefined ? value : convert(value as never);
    }
  }
}

const CONVERT: Readonly<Record<string, ((value: never) => unknown) | undefined>> = {
  ints: (value: bigint) => whole(value),
  jsons: (value: string) => jsonOf(value),
  timestamps: (value: bigint) => timeOf(value),
};

function isNull(nulls: Uint8Array, row: number): boolean {
  return ((nulls[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
}

function whole(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function jsonOf(text: string): unknown {
  try {
    return parseJsonExact(text);
  } catch {
    throw invalid("A JSON value is no JSON", "Send texts as texts.");
  }
}

/** ISO 8601 with microseconds, which is how typed sources tell instants. */
function timeOf(micros: bigint): string {
  const parts = micros % 1_000n;
  const rest = parts < 0n ? parts + 1_000n : parts;
  const ms = Number((micros - rest) / 1_000n);
  if (Math.abs(ms) > 8.64e15)
    throw invalid("An instant is beyond what can be told", "Send microseconds since 1970.");
  return new Date(ms).toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}
