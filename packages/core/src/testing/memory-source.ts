import { isDeepStrictEqual } from "node:util";
import type { Json } from "../json.ts";
import type { Message, Scope } from "../message.ts";
import type { Row } from "../row.ts";
import type { ReadContext, Source } from "../source.ts";

/** How `memorySource` behaves. */
export interface MemorySourceOptions {
  /** True: after a whole reading the next one starts from the beginning, as with a file. False: only what no checkpoint covers is given, as with a log. Default false. */
  readonly rereads?: boolean;
  /** Default `memory`. */
  readonly kind?: string;
}

/**
 * A source that gives these messages one by one, and after an interruption those that no committed checkpoint covers.
 * The states of the checkpoints of one slice must differ from each other. Stops between messages when aborted.
 */
export function memorySource(messages: readonly Message[], options: MemorySourceOptions = {}): Source {
  return {
    kind: options.kind ?? "memory",
    async *read(context: ReadContext): AsyncGenerator<Message> {
      for (const message of remaining(messages, context, options.rereads ?? false)) {
        if (context.signal.aborted) return;
        yield message;
      }
    },
  };
}

/** The messages that a resumed reading still has to give. */
function remaining(messages: readonly Message[], context: ReadContext, rereads: boolean): Message[] {
  const covered =
    rereads && context.openEpochs.length === 0 ? new Map<string, number>() : coveredUpTo(messages, context);
  const last = Math.max(-1, ...covered.values());
  const open = new Set(context.openEpochs.map((epoch) => identity(epoch.stream, epoch.scope)));
  return messages.filter((message, index) => {
    switch (message.type) {
      case "rows":
      case "checkpoint":
        return index > (covered.get(message.slice) ?? -1);
      case "begin":
        if (index <= last) return false;
        open.add(identity(message.stream, message.scope));
        return true;
      case "complete":
        return index > last && open.delete(identity(message.stream, message.scope));
      case "unchanged":
        return index > last;
      default:
        return true;
    }
  });
}

/** For each slice the index of the checkpoint whose state is the committed one. */
function coveredUpTo(messages: readonly Message[], context: ReadContext): Map<string, number> {
  const covered = new Map<string, number>();
  for (const [slice, state] of context.checkpoints) {
    const index = messages.findLastIndex((message) => isCheckpoint(message, slice, state));
    if (index >= 0) covered.set(slice, index);
  }
  return covered;
}

function isCheckpoint(message: Message, slice: string, state: Json): boolean {
  return message.type === "checkpoint" && message.slice === slice && isDeepStrictEqual(message.state, state);
}

function identity(stream: string, scope: Scope | undefined): string {
  return JSON.stringify([
    stream,
    Object.entries(scope ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    scope === undefined,
  ]);
}

/** One whole reading of a stream, or of a scope of it. */
export interface ReadingOptions {
  /** Name of the stream. */
  readonly stream: string;
  /** What is read, in order. */
  readonly rows: readonly Row[];
  /** Sent as the stream's definition where given. */
  readonly key?: readonly string[];
  /** The part of the stream that the rows are all of. Default: the whole stream. */
  readonly scope?: Scope;
  /** Rows per message. Default 1,000. */
  readonly batchRows?: number;
  /** Default `main`. */
  readonly slice?: string;
  /** A checkpoint after every so many messages of rows; none where it is left out. Its state tells how many rows came before. */
  readonly checkpointEvery?: number;
}

/** The messages of one whole reading: begin, rows, checkpoints, complete. */
export function reading(options: ReadingOptions): Message[] {
  const { stream, rows, scope, batchRows = 1_000, slice = "main", checkpointEvery } = options;
  const scoped = { stream, ...(scope === undefined ? {} : { scope }) };
  const messages: Message[] = [];
  if (options.key !== undefined)
    messages.push({ type: "schema", stream: { name: stream, key: options.key } });
  messages.push({ type: "begin", ...scoped });
  for (let from = 0, batch = 1; from < rows.length; from += batchRows, batch++) {
    const part = rows.slice(from, from + batchRows);
    messages.push({ type: "rows", stream, slice, rows: part, position: { line: from + 1 } });
    if (checkpointEvery !== undefined && batch % checkpointEvery === 0) {
      messages.push({ type: "checkpoint", slice, state: { ...scoped, rows: from + part.length } });
    }
  }
  messages.push({ type: "complete", ...scoped });
  return messages;
}
