import { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
import type { Json } from "./json.ts";

/** What may be said of an error besides its message. */
export interface ErrorOptions {
  /** What the reader can do about it. */
  hint?: string;
  /** Facts for programs. Never secrets. */
  details?: Record<string, Json>;
  /** Whether trying again later can help; default: what the code's entry in `ERROR_CODES` says. */
  retry?: "never" | "later";
  /** What was caught. */
  cause?: unknown;
}

/** The one error class: tells what happened, where, why, and what to do next. */
export class MillraceError extends Error {
  override readonly name = "MillraceError";
  /** Stable identifier, `MLR_<AREA>_<WHAT>`. */
  readonly code: ErrorCode;
  /** What the reader can do about it. */
  readonly hint: string | undefined;
  /** Facts for programs. */
  readonly details: Record<string, Json>;
  /** `later`: the same work may succeed when tried again; `never`: it will not. */
  readonly retry: "never" | "later";

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    this.retry = options.retry ?? ERROR_CODES[code].retry;
  }

  toJSON(): { code: string; message: string; hint?: string; details: Record<string, Json>; retry: string } {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      details: this.details,
      retry: this.retry,
    };
  }
}

/** `error` if it is a MillraceError already; otherwise a new one of `code` that keeps it as its cause. */
export function asMillraceError(error: unknown, code: ErrorCode, where?: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new MillraceError(code, where === undefined ? message : `${where}: ${message}`, { cause: error });
}
