import type { MillraceError } from "@millrace/core";
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

/** True where sending a request again may help and does no harm. */
export function mayRepeat(
  { method }: Outgoing,
  { failure, policy }: { readonly failure: MillraceError; readonly policy: RetryPolicy },
): boolean {
  const { status, error } = failure.details;
  const passing = typeof status === "number" ? policy.statuses.includes(status) : failure.retry === "later";
  if (!passing) return false;
  if (policy.methods.includes(method) || status === 429) return true;
  return typeof error === "string" && NOT_SENT.has(error);
}
