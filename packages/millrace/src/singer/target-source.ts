import type { Readable } from "node:stream";
import type { ColumnDefinition, Receipt, Row, Source } from "@millrace/core";
import { readCheckpoint, readSinger, type SingerMessage } from "@millrace/connectors/singer/protocol";
import type { TargetOptions } from "./target-options.ts";

/** What the target reads and tells. */
export interface TargetStreams {
  readonly input: Readable;
  /** What the input is called in errors. */
  readonly origin: string;
  /** Is told the last state of each commit once it is durable, as JSON text. */
  readonly onState: (state: string) => void;
}

/** Singer messages from a stream of bytes as a source; committed states are told on. */
export function targetSource(options: TargetOptions, { input, origin, onState }: TargetStreams): Source {
  const overwrites = options.load_method === "overwrite";
  const { extraColumns, prepare } = preparation(options);
  return {
    kind: "singer-target",
    read: (context) =>
      readSinger(
        {
          origin,
          bytes: bytesOf(input, context.signal),
          maxLineBytes: options.max_line_bytes,
          wants: () => true,
          whole: () => overwrites,
          // A table that is replaced holds the new rows only at the end, so no state before it is true.
          checkpoints: !overwrites,
          // Whoever starts the tap keeps its state.
          resumes: false,
          versions: options.process_activate_version_messages && options.load_method === "upsert",
          missingKey: "fail",
          fixedKey: (stream) => fixedKey(options, stream),
          ...(extraColumns === undefined ? {} : { extraColumns }),
          ...(prepare === undefined ? {} : { prepare }),
          // A tap that broke down ends its output just like one that is done.
          ended: () => Promise.resolve(false),
          close: () => void input.destroy(),
        },
        context,
      ),
    committed: (receipts: readonly Receipt[]) => {
      const last = receipts.at(-1);
      const state = last === undefined ? undefined : readCheckpoint(last.state).state;
      if (state !== undefined) onState(state);
    },
  };
}

function fixedKey(
  { tables, load_method: method }: TargetOptions,
  stream: string,
): readonly string[] | undefined {
  const own = Object.hasOwn(tables, stream) ? tables[stream] : undefined;
  return own?.key ?? (method === "append-only" ? [] : undefined);
}

async function* bytesOf(input: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const stop = (): void => void input.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const piece of input) yield piece as Uint8Array;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

interface Preparation {
  readonly extraColumns?: readonly ColumnDefinition[];
  readonly prepare?: (record: Row, message: SingerMessage, line: string) => Row;
}

function preparation(options: TargetOptions): Preparation {
  const { add_record_metadata: metadata, sanitize_null_text_characters: sanitize } = options;
  if (!metadata && !sanitize) return {};
  return {
    ...(metadata ? { extraColumns: METADATA_COLUMNS } : {}),
    prepare: (record, message, line) => {
      // A NUL in JSON can only be written so.
      const clean = sanitize && line.includes("\\u0000") ? (withoutNul(record) as Row) : record;
      return metadata ? withMetadata(clean, message) : clean;
    },
  };
}

const METADATA_COLUMNS: readonly ColumnDefinition[] = [
  { name: "_sdc_extracted_at", type: { kind: "timestamptz" } },
  { name: "_sdc_received_at", type: { kind: "timestamptz" } },
  { name: "_sdc_batched_at", type: { kind: "timestamptz" } },
  { name: "_sdc_sequence", type: { kind: "bigint" } },
  { name: "_sdc_table_version", type: { kind: "bigint" } },
];

function withMetadata(record: Row, { time_extracted: extracted, version }: SingerMessage): Row {
  const now = new Date();
  return {
    ...record,
    _sdc_extracted_at: extracted ?? null,
    _sdc_received_at: now,
    _sdc_batched_at: now,
    _sdc_sequence: now.getTime(),
    _sdc_table_version: version ?? null,
  };
}

function withoutNul(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("\0", "\uFFFD");
  if (Array.isArray(value)) return value.map(withoutNul);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.replaceAll("\0", "\uFFFD"), withoutNul(each)]),
  );
}
