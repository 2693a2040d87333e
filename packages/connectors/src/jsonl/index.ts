import { parseOptions, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { jsonlOptions, type JsonlOptions } from "./options.ts";

export type { JsonlOptions } from "./options.ts";

/**
 * Rows of files with one JSON object a line (JSONL, NDJSON); integers beyond 2^53 and long decimals stay exact, and
 * lines that are no JSON go to the quarantine. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example jsonl({ path: "logs/*.jsonl.gz" })
 */
export function jsonl(options: JsonlOptions): Source {
  const resolved = parseOptions(jsonlOptions, options, "jsonl()");
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, grows, ...decisive } =
    resolved;
  return fileSource({
    kind: "jsonl",
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: {},
    grows,
    async *read(file, context) {
      const { readJsonl } = await import("./read-jsonl.ts");
      yield* readJsonl(file, resolved, context);
    },
  });
}
