import { MillraceError, redactor } from "@millrace/core";

/** Longest wait that a service may ask for, in milliseconds. */
const LONGEST_WAIT_MS = 6 * 3_600_000;
/** Longest quote of what a service has answered. */
const QUOTE = 300;

/** What is known of a failed delivery. */
export interface FailureFacts {
  readonly hint?: string;
  /** What the service asks for. */
  readonly retryAfterMs?: number | undefined;
  readonly status?: number;
  readonly cause?: unknown;
}

/** MLR_NOTIFY_FAILED: the service is down, busy or far away, and may take the message later. */
export function postponed(message: string, facts: FailureFacts = {}): MillraceError {
  return failure("MLR_NOTIFY_FAILED", message, facts);
}

/** MLR_NOTIFY_REFUSED: the service will never take this message from here. */
export function refused(message: string, facts: FailureFacts = {}): MillraceError {
  return failure("MLR_NOTIFY_REFUSED", message, facts);
}

/** What a service has answered, short and in one line, for an error's message. */
export function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line === "") return "without a reason";
  return line.length > QUOTE ? `"${line.slice(0, QUOTE)}…"` : `"${line}"`;
}

function failure(
  code: "MLR_NOTIFY_FAILED" | "MLR_NOTIFY_REFUSED",
  message: string,
  { hint, retryAfterMs, status, cause }: FailureFacts,
): MillraceError {
  const wait = retryAfterMs === undefined ? undefined : Math.min(LONGEST_WAIT_MS, Math.max(0, retryAfterMs));
  return new MillraceError(code, redactor.text(message), {
    ...(hint === undefined ? {} : { hint }),
    details: {
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
      ...(status === undefined ? {} : { status }),
    },
    ...(cause === undefined ? {} : { cause: redactor.error(cause) }),
  });
}
