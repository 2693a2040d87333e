import { type Clock, resolveSecrets, type Source } from "@millrace/core";
import type { ResolvedHttpOptions } from "./options.ts";
import { planResources, withDescendants } from "./resources/plan.ts";

/** Makes the source. What does the work is loaded when it is read, so that listing pipelines does not wait for it. */
export function httpSource(options: ResolvedHttpOptions, clock: Clock): Source {
  const roots = planResources(options);
  return {
    kind: "http",
    keyed: roots.flatMap(withDescendants).some((resource) => resource.options.key !== undefined),
    async *read(context) {
      if (context.signal.aborted) return;
      const { readHttp } = await import("./read-http.ts");
      const known = await resolveSecrets(options, context);
      yield* readHttp({ options: known, roots, context, clock });
    },
  };
}
