// A reader that keeps the processor busy, for a thread of its own.
import type { SamplingReader } from "../../src/sampling/index.ts";

/** @param options `busyMs`: how long each reading computes; a variable "die" ends the thread. */
export default function busyReader({ busyMs }: { readonly busyMs: number }): SamplingReader {
  return {
    name: "busy",
    read(variables) {
      const end = performance.now() + busyMs;
      while (performance.now() < end);
      if (variables.some(({ address }) => address === "die")) process.exit(3);
      return Promise.resolve(variables.map(({ id }) => ({ value: id })));
    },
  };
}
