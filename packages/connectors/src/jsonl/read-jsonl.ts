import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import { JsonBatches } from "../shared/files/json-batches.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { TextContent, passEmpty } from "../shared/files/text-content.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { ResolvedJsonlOptions } from "./options.ts";

/** Reads the rows of one file with a JSON object a line; lines that are none are rejected. */
export async function* readJsonl(
  file: OpenFile,
  options: ResolvedJsonlOptions,
  context: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  const content = await TextContent.inspect(file, options, { kind: "jsonl", log: context.log });
  if (passEmpty(content, options)) return;
  const { from, growing, log } = context;
  const entered = from?.offset !== undefined;
  const behind = entered ? 0 : (from?.records ?? 0);
  let records = entered ? from.records : 0;
  const batches = new JsonBatches("line");
  const lines = new LineSplitter(entered ? (from.line ?? 1) : 1, options.maxLineLength, {
    line: (text, line) => {
      records++;
      if (records > behind) batches.add(text, line);
    },
    tooLong: (start, line) => {
      records++;
      if (records > behind) batches.reject(start, line, `has more than ${options.maxLineLength} characters`);
    },
  });
  for await (const { text, last } of content.pieces(from?.offset)) {
    lines.push(text, last && !growing);
    if (last && growing && lines.rest !== "") {
      log("info", `${file.name}: the last line has no line break yet; it is left for the next reading`);
    }
    const offset = lines.dropping ? undefined : content.offsetOf(lines.rest);
    const taken = batches.take();
    for (const [index, chunk] of taken.entries()) {
      const bytes = text.length / taken.length;
      if (index < taken.length - 1 || records < behind || lines.dropping) yield { ...chunk, bytes };
      else {
        const place = offset === undefined ? {} : { offset, line: lines.line };
        yield { ...chunk, bytes, mark: { records, ...place } };
      }
    }
  }
}
