import { type Clock, MillraceError } from "@millrace/core";
import type { RoutedRecord } from "../log-record.ts";
import type { LogSink, RefusedRecord } from "../log-sink.ts";

/** What an attempt is bound by. */
export interface TryWriteOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Aborts the attempt. */
  readonly closing: AbortSignal;
}

/** Asks a sink once to take a batch; fails with MLR_LOG_SINK_SLOW where it takes too long, also where it ignores its signal. */
export async function tryWrite(
  sink: LogSink,
  records: readonly RoutedRecord[],
  { clock, timeoutMs, closing }: TryWriteOptions,
): Promise<readonly RefusedRecord[]> {
  const done = new AbortController();
  const late = new AbortController();
  const overdue = clock.sleep(timeoutMs, AbortSignal.any([done.signal, closing])).then(() => {
    if (done.signal.aborted) return [];
    const error = new MillraceError(
      "MLR_LOG_SINK_SLOW",
      closing.aborted
        ? `${sink.name} had not taken the last lines when the process ended`
        : `${sink.name} did not take a batch within ${timeoutMs} ms`,
      { hint: "The lines are kept in files, and brought to it when it answers again." },
    );
    late.abort(error);
    throw error;
  });
  try {
    return (await Promise.race([sink.write(records, late.signal), overdue])) ?? [];
  } finally {
    done.abort();
  }
}

/** How long the error asks to wait, in milliseconds; 0 where it does not say. */
export function retryAfterMs(error: unknown): number {
  if (!(error instanceof MillraceError)) return 0;
  const { retryAfterMs: asked } = error.details;
  return typeof asked === "number" && asked > 0 ? asked : 0;
}
