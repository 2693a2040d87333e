import { MillraceError } from "./errors.ts";
import type { Row } from "./row.ts";
import type { TransformContext } from "./transform.ts";

/** What becomes of a row on which a user's function throws. */
export interface RowFailureOptions {
  /** `fail`: the run fails with MLR_TRANSFORM_FAILED. `reject`: the row goes to the quarantine, the run goes on. Default `fail`. */
  readonly onError?: "fail" | "reject";
}

/** A function that threw on a row. */
export interface RowFailure {
  /** The transform's word. */
  readonly kind: string;
  readonly stream: string;
  readonly row: Row;
  readonly error: unknown;
  readonly onError: "fail" | "reject";
  readonly context: Pick<TransformContext, "reject">;
}

/**
 * Rejects the row, or throws MLR_TRANSFORM_FAILED with the transform, the stream and the row. An MLR_ROW_ error speaks
 * of the row alone: it rejects the row whatever `onError` says. Other errors of Millrace are thrown as they are.
 */
export function failRow({ kind, stream, row, error, onError, context }: RowFailure): void {
  const reason = reasonOf(error);
  if (error instanceof MillraceError && error.code.startsWith("MLR_ROW_")) {
    return context.reject(row, { code: error.code, message: error.message });
  }
  if (onError === "reject") {
    return context.reject(row, { code: "MLR_TRANSFORM_FAILED", message: `${kind}: ${reason}` });
  }
  if (error instanceof MillraceError) throw error;
  throw new MillraceError(
    "MLR_TRANSFORM_FAILED",
    `transform ${kind} failed on a row of stream "${stream}": ${reason}. The row: ${showRow(row)}`,
    {
      hint: 'Correct the function, or let such rows go to the quarantine with the option onError: "reject".',
      details: { transform: kind, stream },
      cause: error,
    },
  );
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "Error" || error instanceof MillraceError
    ? error.message
    : `${error.name}: ${error.message}`;
}

/** Characters of a value and of a whole row in messages. */
const VALUE_CHARS = 40;
const ROW_CHARS = 300;

/** The row as text, shortened, for messages. Never throws, whatever the row holds. */
export function showRow(row: Row): string {
  const fields: string[] = [];
  let length = 0;
  for (const [name, value] of Object.entries(row)) {
    const field = `${name}: ${showValue(value)}`;
    length += field.length;
    if (length > ROW_CHARS) {
      fields.push("…");
      break;
    }
    fields.push(field);
  }
  return `{ ${fields.join(", ")} }`;
}

function showValue(value: unknown): string {
  const text = valueText(value);
  return text.length > VALUE_CHARS ? `${text.slice(0, VALUE_CHARS).toWellFormed()}…` : text;
}

function valueText(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "[object]";
  }
}
