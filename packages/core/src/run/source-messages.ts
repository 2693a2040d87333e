import { MillraceError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { Pipeline, SourceFunction } from "../pipeline.ts";
import type { Row } from "../row.ts";
import type { ReadContext, Source } from "../source.ts";
import { requireIterable } from "./require-iterable.ts";

/** Rows that a function yields one by one travel in batches of this many. */
const BATCH_ROWS = 2_000;

/** The stream and slice of rows that a function yields without naming any. */
const DEFAULT_SLICE = "main";

/** The pipeline's source as an object: a function's rows become messages of one stream, named after the pipeline. */
export function sourceOf(pipeline: Pipeline): Source {
  const source = pipeline.source;
  if (typeof source !== "function") return source;
  return {
    kind: "function",
    read: (context) =>
      messagesOf({ read: source, stream: pipeline.name, complete: pipeline.complete ?? true, context }),
  };
}

interface FunctionReading {
  readonly read: SourceFunction;
  readonly stream: string;
  readonly complete: boolean;
  readonly context: ReadContext;
}

/**
 * Plain rows are one whole reading of the stream unless the function also yields messages, which then say it all
 * (or `complete: false` was declared): only a reading known to be whole may remove.
 */
async function* messagesOf(reading: FunctionReading): AsyncGenerator<Message> {
  const { stream } = reading;
  let rows: Row[] = [];
  let ownMessages = false;
  let begun = false;
  const batch = (): Message => {
    const message: Message = { type: "rows", stream, slice: DEFAULT_SLICE, rows };
    rows = [];
    return message;
  };
  for await (const item of requireIterable(reading.read(reading.context), stream)) {
    if (isMessage(item)) {
      if (rows.length > 0) yield batch();
      ownMessages = true;
      yield item;
      continue;
    }
    if (!begun && !ownMessages && reading.complete) {
      begun = true;
      yield { type: "begin", stream };
    }
    if (Array.isArray(item)) for (const row of item as readonly Row[]) rows.push(checked(row, stream));
    else rows.push(checked(item as Row, stream));
    if (rows.length >= BATCH_ROWS) yield batch();
  }
  if (rows.length > 0) yield batch();
  if (reading.context.signal.aborted || ownMessages || !reading.complete) return;
  if (!begun) yield { type: "begin", stream };
  yield { type: "complete", stream };
}

function checked(row: Row, stream: string): Row {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row;
  throw new MillraceError(
    "MLR_SOURCE_PROTOCOL",
    `the source of "${stream}" yielded ${describe(row)}, which is no row`,
    {
      hint: 'Yield plain objects, arrays of them, or messages such as { type: "checkpoint", slice, state }.',
    },
  );
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array inside an array" : `a ${typeof value}`;
}

/** Messages are told from rows by their exact shape, so that a row with a column `type` stays a row. */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const item = value as Record<string, unknown>;
  switch (item["type"]) {
    case "rows":
      return (
        typeof item["stream"] === "string" && typeof item["slice"] === "string" && Array.isArray(item["rows"])
      );
    case "checkpoint":
      return (
        typeof item["slice"] === "string" && "state" in item && hasOnly(item, ["type", "slice", "state"])
      );
    case "begin":
      return typeof item["stream"] === "string" && hasOnly(item, ["type", "stream", "scope"]);
    case "complete":
      return typeof item["stream"] === "string" && hasOnly(item, ["type", "stream", "scope", "taints"]);
    case "schema":
      return typeof item["stream"] === "object" && hasOnly(item, ["type", "stream"]);
    case "unchanged":
      return (
        typeof item["stream"] === "string" &&
        typeof item["rows"] === "number" &&
        hasOnly(item, ["type", "stream", "rows"])
      );
    case "progress":
      return hasOnly(item, ["type", "bytes", "totalBytes", "totalRows", "throttledMs"]);
    default:
      return false;
  }
}

function hasOnly(item: Record<string, unknown>, keys: readonly string[]): boolean {
  return Object.keys(item).every((key) => keys.includes(key));
}
