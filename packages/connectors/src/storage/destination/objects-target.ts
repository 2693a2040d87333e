import { parseOptions, tableOptions, type Target } from "@millrace/core";
import type { ResolvedObjectsOptions } from "../options.ts";

/** What `objects()` does. */
export function objectsTarget(options: ResolvedObjectsOptions): Target {
  return {
    kind: "objects",
    tableFor: (stream) => parseOptions(tableOptions, { name: stream, mode: "append" }, "objects()"),
    destination: async (environment) => {
      const { ObjectsDestination } = await import("./objects-destination.ts");
      return new ObjectsDestination(options.store.open(environment), options);
    },
  };
}
