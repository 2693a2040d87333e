import type { GeneratedFile } from "./generated-file.ts";
import { readErrorCodes } from "./read-error-codes.ts";

/** The reference page of error codes. */
export const errorsPage: GeneratedFile = {
  path: "docs/reference/errors.md",
  async generate(root) {
    const entries = Object.entries(await readErrorCodes(root)).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const rows = entries.map(([code, { means, retry }]) => `| \`${code}\` | ${means} | ${retry} |`);
    return [
      "# Error codes",
      "",
      "<!-- Generated from packages/core/src/error-codes.ts by `npm run generate`. -->",
      "",
      "Every error has one of these codes, a message that says what happened and where, and mostly a hint that says what to do.",
      "The last column tells whether the same work may succeed when it is tried again: `later` errors are retried with growing",
      "delays, `never` errors end the run. A single error may know better than its code; what it says counts.",
      "",
      "| code | meaning | retry |",
      "| --- | --- | --- |",
      ...rows,
      "",
    ].join("\n");
  },
};
