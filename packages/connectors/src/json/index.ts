import { parseOptions, type Source } from "@millrace/core";
import { fileSource } from "../shared/files/file-source.ts";
import { parseJsonPath } from "./json-path.ts";
import { jsonOptions, type JsonOptions } from "./options.ts";

export type { JsonOptions } from "./options.ts";

/**
 * Rows out of JSON documents of any size; integers beyond 2^53 and long decimals stay exact.
 * Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example json({ path: "data/earthquakes.json", rows: "$.features[*]" })
 */
export function json(options: JsonOptions): Source {
  const resolved = parseOptions(jsonOptions, options, "json()");
  const { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes, ...decisive } = resolved;
  const selector = resolved.rows === undefined ? undefined : parseJsonPath(resolved.rows);
  return fileSource({
    kind: "json",
    options: { path, stream, optional, allowEmpty, headers, s3, timeoutMs, maxBytes },
    decisive,
    hints: {},
    grows: false,
    async *read(file, context) {
      const { readJson } = await import("./read-json.ts");
      yield* readJson(file, resolved, selector, context);
    },
  });
}
