import { MillraceError, parseJsonExact } from "@millrace/core";
import { isUtf8 } from "node:buffer";
import { limitError, type ReadRow } from "./parts.ts";
import type { PushLimits } from "./push-limits.ts";

const NEWLINE = 10;

/** The rows of newline-delimited JSON, as they come. Empty lines are left out. */
export async function* readLines(
  body: AsyncIterable<Buffer>,
  limits: PushLimits,
): AsyncGenerator<readonly ReadRow[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of body) {
    const rows: ReadRow[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const piece = chunk.subarray(from, end);
      addLine(rows, rest.length === 0 ? piece : Buffer.concat([...rest, piece]), limits);
      rest = [];
      restBytes = 0;
      from = end + 1;
    }
    if (from < chunk.length) {
      rest.push(chunk.subarray(from));
      restBytes += chunk.length - from;
      if (restBytes > limits.rowBytes) throw tooLong(limits);
    }
    if (rows.length > 0) yield rows;
  }
  const rows: ReadRow[] = [];
  addLine(rows, Buffer.concat(rest), limits);
  if (rows.length > 0) yield rows;
}

function addLine(rows: ReadRow[], line: Buffer, limits: PushLimits): void {
  if (line.length > limits.rowBytes) throw tooLong(limits);
  const bytes = line.length;
  if (!isUtf8(line)) {
    rows.push({ raw: line.toString("latin1"), problem: "the line is no valid UTF-8", bytes });
    return;
  }
  const text = line.toString("utf8").trim();
  if (text === "") return;
  try {
    rows.push({ row: parseJsonExact(text), bytes });
  } catch (error) {
    rows.push({ raw: text, problem: `the line is no JSON: ${messageOf(error)}`, bytes });
  }
}

/** The rows of a JSON body: an array, or one object. Fails with MLR_PUSH_INVALID, or MLR_PUSH_LIMIT where it is too large. */
export async function readJson(body: AsyncIterable<Buffer>, limits: PushLimits): Promise<readonly ReadRow[]> {
  const whole = await readWhole(body, limits.messageBytes);
  const value = parseBody(whole);
  const rows: readonly unknown[] = Array.isArray(value) ? value : [value];
  const share = Math.ceil(whole.length / Math.max(1, rows.length));
  return rows.map((row) => ({ row, bytes: share }));
}

/** All of a body. Fails with MLR_PUSH_LIMIT. */
export async function readWhole(body: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) {
      throw limitError(`A body that is read whole has at most ${most} bytes`, { bytes: most });
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** The value of a JSON text. Fails with MLR_PUSH_INVALID. */
export function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw invalid("The body is no valid UTF-8", "Send JSON in UTF-8.");
  try {
    return parseJsonExact(body.toString("utf8"));
  } catch (error) {
    throw invalid(
      `The body is no JSON: ${messageOf(error)}`,
      "Send an array of objects, or one object; lines of objects are application/x-ndjson.",
    );
  }
}

/** MLR_PUSH_INVALID. */
export function invalid(message: string, hint: string): MillraceError {
  return new MillraceError("MLR_PUSH_INVALID", message, { hint });
}

function tooLong({ rowBytes }: PushLimits): MillraceError {
  return limitError(`A row has at most ${rowBytes} bytes`, { bytes: rowBytes });
}

function messageOf(error: unknown): string {
  // V8 repeats a part of the text, which may be long.
  return error instanceof Error ? error.message.slice(0, 200) : String(error);
}
