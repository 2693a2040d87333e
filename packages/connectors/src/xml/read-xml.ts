import type { Chunk, FormatContext } from "../shared/files/file-format.ts";
import { marked } from "../shared/files/marked.ts";
import type { OpenFile } from "../shared/files/open-file.ts";
import { TextContent, passEmpty } from "../shared/files/text-content.ts";
import type { ResolvedXmlOptions } from "./options.ts";
import { RowParser } from "./row-parser.ts";
import type { RowPath } from "./row-path.ts";

/** Options with what was compiled of them. */
export interface XmlReading extends ResolvedXmlOptions {
  readonly isRow: RowPath;
}

/** Reads the rows of one XML file. Fails with MLR_SOURCE_FORMAT where it is malformed. */
export async function* readXml(
  file: OpenFile,
  options: XmlReading,
  context: FormatContext,
): AsyncGenerator<Chunk, void, void> {
  const content = await inspect(file, options, context);
  if (passEmpty(content, options)) return;
  const parser = new RowParser(file.name, options, context.from?.records ?? 0);
  for await (const { text, last } of content.pieces()) {
    parser.push(text, last);
    const mark = parser.records < parser.behind ? undefined : { records: parser.records };
    yield* marked(parser.take(), text.length, mark);
  }
}

/** The encoding: what the user says, a byte order mark, or what the document itself says in its first line. */
async function inspect(file: OpenFile, options: XmlReading, context: FormatContext): Promise<TextContent> {
  const guessed = await TextContent.inspect(file, options, { kind: "xml", log: () => undefined });
  const said = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(guessed.sample)?.[1];
  const marked = guessed.encoding.skip > 0 || /^utf-?(16|32)/i.test(guessed.encoding.name);
  const encoding = options.encoding ?? (marked ? undefined : said);
  return TextContent.inspect(
    file,
    { onInvalid: options.onInvalid, ...(encoding === undefined ? {} : { encoding }) },
    { kind: "xml", log: context.log },
  );
}
