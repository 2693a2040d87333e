import { parseOptions, resolveSecrets, type Source } from "@millrace/core";
import { singerOptions, type SingerOptions } from "./options.ts";

export type { SingerOptions } from "./options.ts";

/**
 * Rows of any Singer tap, which runs as a child process: its streams with their keys and types, numbers exact; the tap's
 * state is committed with the rows and handed back to it on the next run, and ACTIVATE_VERSION removes what a whole
 * reading no longer holds. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example singer({ command: "tap-github", config: { repositories: ["nodejs/node"] }, streams: ["issues"] })
 */
export function singer(options: SingerOptions): Source {
  const parsed = parseOptions(singerOptions, options, "singer()");
  return {
    kind: "singer",
    async *read(context) {
      const { readTap } = await import("./read-tap.ts");
      yield* readTap(await resolveSecrets(parsed, context), context);
    },
  };
}
