import { MillraceError } from "@millrace/core";
import { type Fields, object } from "./fields.ts";

/** The object that a message is. Fails with MLR_ROW_MALFORMED. */
export function readJson(source: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw new MillraceError("MLR_ROW_MALFORMED", "A message is no JSON", {
      hint: "The message is kept in the quarantine.",
      cause,
    });
  }
  return object(value, "message");
}
