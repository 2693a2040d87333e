import { type Clock, resolveSecrets, type Source } from "@millrace/core";
import type { ParsedSoapOptions } from "./options.ts";

/** Makes the source. What does the work is loaded when it is read, so that listing pipelines does not wait for it. */
export function soapSource(options: ParsedSoapOptions, clock: Clock): Source {
  return {
    kind: "soap",
    keyed: options.key !== undefined,
    async *read(context) {
      if (context.signal.aborted) return;
      const { readSoap } = await import("./read/read-soap.ts");
      yield* readSoap(await resolveSecrets(options, context), context, clock);
    },
  };
}
