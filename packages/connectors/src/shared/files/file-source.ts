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
      if (context.signal.aborted) return;
      const { readFiles } = await import("./read-files.ts");
      try {
        yield* readFiles(format, context);
      } catch (error) {
        // What was under way when the run was stopped, such as a download, ends with an error of its own.
        if (!context.signal.aborted) throw error;
      }
    },
  };
}
