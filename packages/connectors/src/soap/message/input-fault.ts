import { MillraceError } from "@millrace/core";

/** What to say where the input does not fit what an operation takes. */
export function inputFault(where: string, what: string, hint?: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `soap(): "${where}" ${what}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { option: where },
  });
}
