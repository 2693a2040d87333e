import { MillraceError } from "@millrace/core";
import { z } from "zod";
import { duration } from "../http/option-types.ts";
import { toMs } from "../http/duration.ts";

/** Options of trying again. */
export const retryPolicy = z.strictObject({
  /** How often a request is sent at most. Default 3. */
  attempts: z.number().int().positive().default(3),
  /** Wait before the second attempt; doubled with each further one, plus up to half at random. Default 1 second. */
  delay: duration.default("1 second"),
  /** Longest wait between two attempts, unless the server asks for more. Default 1 minute. */
  maxDelay: duration.default("1 minute"),
  /** Statuses after which it is tried again. Default 408, 425, 429, 500, 502, 503, 504. */
  statuses: z.array(z.number().int()).default([408, 425, 429, 500, 502, 503, 504]),
  /**
   * Methods that may be sent again whatever happened. Default GET, HEAD, OPTIONS, PUT, DELETE. Others are sent again only
   * where the server cannot have acted: it was not reached, or it said 429.
   */
  methods: z.array(z.string()).default(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]),
  /** Longest wait that a server may ask for with Retry-After; where it asks for more, the request fails. Default 10 minutes. */
  maxThrottle: duration.default("10 minutes"),
});

/** Options of trying again, as users write them. */
export type RetryOptions = z.input<typeof retryPolicy>;
/** Options of trying again, with the defaults filled in. */
export type RetryPolicy = z.output<typeof retryPolicy>;

/** Milliseconds to wait at least before the next attempt, after so many that failed. */
export function backoffMs(
  { delay, maxDelay }: Pick<RetryPolicy, "delay" | "maxDelay">,
  failed: number,
): number {
  return Math.min(toMs(maxDelay), toMs(delay) * 2 ** (failed - 1));
}

/** Some more, by chance, so that many who failed together do not come back together. */
export function withJitter(ms: number): number {
  return ms + Math.random() * (ms / 2);
}

/** The failure as one that trying again may help. */
export function asPassing(failure: MillraceError): MillraceError {
  return failure.retry === "later" ? failure : copyOf(failure, { message: failure.message, retry: "later" });
}

/** The failure with the number of attempts, where there were several. */
export function afterAttempts(failure: MillraceError, attempts: number): MillraceError {
  if (attempts <= 1) return failure;
  return copyOf(failure, {
    message: `${failure.message} (after ${attempts} attempts)`,
    retry: failure.retry,
    attempts,
  });
}

function copyOf(
  { code, hint, details, cause }: MillraceError,
  { message, retry, attempts }: { message: string; retry: "never" | "later"; attempts?: number },
): MillraceError {
  return new MillraceError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    details: attempts === undefined ? details : { ...details, attempts },
    retry,
    cause,
  });
}
