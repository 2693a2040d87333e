import { MillraceError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { ReadContext, Source } from "../source.ts";
import { wrapSource } from "./wrap-source.ts";

/** When `failingSource` fails. Give `afterRows` or `afterMessages`. */
export interface FailingSourceOptions {
  /** Fails once a reading has given so many rows; the message in which that happens is cut there. */
  readonly afterRows?: number;
  /** Fails once a reading has given so many messages. */
  readonly afterMessages?: number;
  /** How many readings fail; the later ones go through. Default 1. */
  readonly times?: number;
  /** What is thrown. Default an MLR_SOURCE_FAILED that may be tried again. */
  readonly error?: () => Error;
}

/** `source`, except that its first readings break off half-way. */
export function failingSource(
  source: Source,
  options: FailingSourceOptions,
): Source & { readonly failures: number } {
  let failures = 0;
  const fail = (): never => {
    failures++;
    throw (
      options.error?.() ?? new MillraceError("MLR_SOURCE_FAILED", "the source broke off, as the test has it")
    );
  };
  async function* read(context: ReadContext): AsyncGenerator<Message> {
    if (failures >= (options.times ?? 1)) return yield* source.read(context);
    let rows = options.afterRows ?? Infinity;
    let messages = options.afterMessages ?? Infinity;
    for await (const message of source.read(context)) {
      if (messages <= 0) fail();
      const part =
        message.type === "rows" && message.rows.length > rows
          ? { ...message, rows: message.rows.slice(0, rows) }
          : message;
      if (part.type !== "rows" || part.rows.length > 0) yield part;
      if (part !== message) fail();
      messages--;
      if (message.type === "rows") rows -= message.rows.length;
    }
    // A reading shorter than the limit fails at its end: a test that asked for a failure gets one.
    fail();
  }
  return wrapSource(source, read, {
    get failures() {
      return failures;
    },
  });
}
