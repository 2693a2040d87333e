import type { FallbackLimits } from "../fallback/fallback-writer.ts";

/** How a sink is fed. */
export interface SinkLimits {
  /** Most records of one batch. Default 2,000. */
  readonly batchRecords?: number;
  /** Most text of one batch, in UTF-16 units. Default 1 Mi. */
  readonly batchBytes?: number;
  /** How long a batch waits to become larger, in milliseconds. Default 200. */
  readonly delayMs?: number;
  /** Most records that wait in memory; what comes beyond goes to the fallback files. Default 20,000. */
  readonly queueRecords?: number;
  /** Most text that waits in memory, in UTF-16 units. Default 16 Mi. */
  readonly queueBytes?: number;
  /** How often a batch is tried before it goes to the fallback files. Default 3. */
  readonly attempts?: number;
  /** Wait after the first failure, in milliseconds; doubles with each. Default 500. */
  readonly retryMs?: number;
  /** Longest wait between two tries of a sink that is down, in milliseconds. Default 60,000. */
  readonly maxRetryMs?: number;
  /** Longest that a batch may take, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  readonly fallback?: FallbackLimits;
}

/** The limits with their defaults. */
export function withDefaults(limits: SinkLimits): Required<Omit<SinkLimits, "fallback">> {
  return {
    batchRecords: limits.batchRecords ?? 2000,
    batchBytes: limits.batchBytes ?? 1024 * 1024,
    delayMs: limits.delayMs ?? 200,
    queueRecords: limits.queueRecords ?? 20_000,
    queueBytes: limits.queueBytes ?? 16 * 1024 * 1024,
    attempts: limits.attempts ?? 3,
    retryMs: limits.retryMs ?? 500,
    maxRetryMs: limits.maxRetryMs ?? 60_000,
    timeoutMs: limits.timeoutMs ?? 30_000,
  };
}
