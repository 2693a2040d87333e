import type { RoutedRecord } from "./log-record.ts";

/** A record that a sink will never take, however often it is asked. */
export interface RefusedRecord {
  readonly record: RoutedRecord;
  /** Why. */
  readonly reason: string;
}

/** Where log lines go in the end. */
export interface LogSink {
  /** Unique among the sinks of a router; names its folder of fallback files. */
  readonly name: string;
  /** How many batches may be under way at the same time. Default 1. */
  readonly concurrency?: number;
  /**
   * Resolves once the batch is kept, with the records that this sink will never take, if any; rejects where trying the same
   * batch again later may help. A batch may come twice: with the same ids.
   */
  write(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[] | void>;
  /** Idempotent. */
  close(): Promise<void>;
}
