import { MillraceError } from "@millrace/core";

const SHOWN = 80;

/** A message that is not as the exchange documents it. Thrown while parsing: the message goes to the quarantine. */
export function malformed(field: string, value: unknown, wanted: string): MillraceError {
  const text = (JSON.stringify(value) ?? "missing").slice(0, SHOWN);
  return new MillraceError("MLR_ROW_MALFORMED", `The field "${field}" is ${text} where ${wanted} is due`, {
    hint: "The message is kept in the quarantine. Has the exchange changed its format?",
    details: { field },
  });
}
