import { MillraceError } from "@millrace/core";
import { quote } from "../server/quote.ts";

/** An identifier in backticks, each part of it. Fails with MLR_ARGUMENT_INVALID for a name that nothing can have. */
export function quoteName(...parts: readonly string[]): string {
  for (const part of parts) {
    if (part === "" || part.includes("\0")) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `${JSON.stringify(part)} cannot be a name in ClickHouse`,
        {
          hint: "Names need at least one character, and no NUL.",
        },
      );
    }
  }
  return quote(...parts);
}
