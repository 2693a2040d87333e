import type { MillraceError } from "@millrace/core";
import { isProxyFailure } from "../proxies/proxy-failure.ts";
import type { Outgoing } from "./outgoing.ts";
import type { RetryPolicy } from "./retry-policy.ts";

/** Errors of the network after which a server cannot have seen the request. */
const NOT_SENT = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** What is known of a request that failed. */
export interface FailedTry {
  readonly failure: MillraceError;
  readonly policy: RetryPolicy;
  /** True where another proxy may be taken. */
  readonly pooled: boolean;
}

/** True where sending a request again may help and does no harm. */
export function mayRepeat({ method }: Outgoing, { failure, policy, pooled }: FailedTry): boolean {
  const { status, error, retryAfterMs } = failure.details;
  // The proxy failed, or the site refused the proxy: nobody has acted on the request.
  if (isProxyFailure(failure) || (pooled && retryAfterMs !== undefined))
    return pooled || failure.retry === "later";
  const passing = typeof status === "number" ? policy.statuses.includes(status) : failure.retry === "later";
  if (!passing) return false;
  if (policy.methods.includes(method) || status === 429) return true;
  return typeof error === "string" && NOT_SENT.has(error);
}
