import type { Source } from "@millrace/core";
import type { FileFormat } from "./file-format.ts";

/**
 * Makes a source of files out of what is particular to their format. What reads them is loaded when it is needed: whoever
 * only lists pipelines does not wait for parsers, decoders and an HTTP client.
 */
export function fileSource(format: FileFormat): Source {
  return {
    kind: format.kind,
    async *read(context) {
      const { readFiles } = await import("./read-files.ts");
      yield* readFiles(format, context);
    },
  };
}
