import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import { JsonBatches } from "../shared/files/json-batches.ts";
import { marked } from "../shared/files/marked.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { TextContent, passEmpty } from "../shared/files/text-content.ts";
import { findRows } from "./find-rows.ts";
import type { Segment } from "./json-path.ts";
import type { ResolvedJsonOptions } from "./options.ts";
import { scanText } from "./scan-text.ts";

/** Reads the rows of one JSON document, holding no more of it than a batch. */
export async function* readJson(
  file: OpenFile,
  options: ResolvedJsonOptions,
  path: readonly Segment[] | undefined,
  context: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  const content = await TextContent.inspect(file, options, { kind: "json", log: context.log });
  if (passEmpty(content, options)) return;
  const batches = new JsonBatches("element");
  const behind = context.from?.records ?? 0;
  let records = 0;
  const sink = {
    element: (text: string) => {
      records++;
      if (records > behind) batches.add(text, records);
    },
  };
  const found = path ?? (await findRows(content, options.maxRowLength));
  for await (const length of scanText(content, found, sink, options.maxRowLength)) {
    yield* marked(batches.take(), length, records >= behind ? { records } : undefined);
  }
}
