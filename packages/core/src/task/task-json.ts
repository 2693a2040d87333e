import { MillraceError } from "../errors.ts";
import type { ErrorCode } from "../error-codes.ts";

/** Bytes of what a job may be given, as JSON. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;
/** Bytes of what a job may return, as JSON. */
export const MAX_RESULT_BYTES = 256 * 1024;

/** JSON text of a value, if it is not longer than `limit` bytes; what is undefined is null. Fails with `code`; never tells the value. */
export function taskJson(
  value: unknown,
  of: { readonly what: string; readonly limit: number; readonly code: ErrorCode },
): string {
  const { what, limit, code } = of;
  let text: string;
  try {
    text = JSON.stringify(value) ?? "null";
  } catch (error) {
    // The message names types and members, not values.
    throw new MillraceError(code, `${what} is not JSON: ${error instanceof Error ? error.message : ""}`, {
      hint: "It may hold texts, finite numbers, booleans, null, arrays and plain objects.",
      retry: "never",
    });
  }
  const bytes = Buffer.byteLength(text);
  if (bytes <= limit) return text;
  throw new MillraceError(code, `${what} has ${bytes} bytes as JSON, more than the ${limit} that are kept`, {
    hint: "Keep large data in a table, a file or an object store, and hand over where it is.",
    retry: "never",
    details: { bytes, limit },
  });
}
