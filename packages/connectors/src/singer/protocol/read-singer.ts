import type { Message, ReadContext } from "@millrace/core";
import type { BatchRequest } from "./batch-request.ts";
import { readBatchFiles } from "./read-batch-files.ts";
import { LineBlocks } from "./line-blocks.ts";
import type { SingerReadingOptions } from "./reading-options.ts";
import { SINGER_SLICE, SingerReading } from "./singer-reading.ts";
import { NO_CHECKPOINT, readCheckpoint } from "./singer-state.ts";

/** What Singer messages are read from. */
export interface SingerInput extends SingerReadingOptions {
  /** The messages, as they come. Ends early, without an error, where the reading is aborted. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Longest line in bytes. */
  readonly maxLineBytes: number;
  /**
   * Called when no more bytes come. Resolves to whether everything is known to have been sent; rejects where the tap failed.
   */
  ended(): Promise<boolean>;
  /** Nothing more is wanted: `bytes` has to end soon. */
  close(): void;
}

/** Silence after which what was read is handed on, so that it can be committed. */
const IDLE_MS = 100;

/**
 * Reads Singer messages: SCHEMA declares a stream, RECORD and BATCH bring rows, STATE is a checkpoint, ACTIVATE_VERSION
 * completes the reading of a stream. Fails with MLR_SOURCE_FORMAT, MLR_SOURCE_LIMIT, MLR_SOURCE_PROTOCOL,
 * MLR_SCHEMA_INVALID or MLR_ROW_KEY_MISSING, naming the line.
 */
export async function* readSinger(input: SingerInput, context: ReadContext): AsyncGenerator<Message> {
  const checkpoint = context.full ? NO_CHECKPOINT : readCheckpoint(context.checkpoints.get(SINGER_SLICE));
  const reading = new SingerReading(input, context, checkpoint);
  const blocks = new LineBlocks(input.origin, input.maxLineBytes);
  const handOn = async function* (items: Iterable<Message | BatchRequest>): AsyncGenerator<Message> {
    for (const item of items) {
      if (item.type === "batch")
        yield* readBatchFiles(item, { reading, context, maxLineBytes: input.maxLineBytes });
      else yield item;
    }
  };
  const iterator = input.bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      // Until it is awaited, a failure must not count as unhandled.
      next.catch(() => undefined);
      if (reading.holds && (await isIdle(next))) yield* reading.flush();
      const { done, value } = await next;
      if (context.signal.aborted) return yield* reading.settle();
      if (done === true) break;
      const block = blocks.push(value);
      if (block !== undefined) yield* handOn(reading.take(block));
    }
    // Before the last line is looked at: where the tap broke down, that says more than a line that was cut.
    const well = await input.ended();
    if (context.signal.aborted) return yield* reading.settle();
    const last = blocks.end();
    if (last !== undefined) yield* handOn(reading.take(last));
    yield* reading.end(well);
  } finally {
    // A piece may be awaited still, and comes only when what writes it is told to end.
    input.close();
    await iterator.return?.();
  }
}

async function isIdle(next: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), IDLE_MS);
  });
  try {
    return await Promise.race([next.then(() => false), silence]);
  } catch {
    // Whoever awaits it next is told.
    return false;
  } finally {
    clearTimeout(timer);
  }
}
