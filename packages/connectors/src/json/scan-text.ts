import { MillraceError } from "@millrace/core";
import type { TextContent } from "../shared/files/text-content.ts";
import type { Segment } from "./json-path.ts";
import { JsonScanner, JsonSyntaxProblem, type JsonSink } from "./json-scanner.ts";

/**
 * Goes through a whole document and tells `sink` what is in it; yields the length of each piece.
 * Fails with MLR_SOURCE_FORMAT, naming the byte, where it is no JSON or cut short.
 */
export async function* scanText(
  content: TextContent,
  path: readonly Segment[],
  sink: JsonSink,
  maxLength: number,
): AsyncGenerator<number, void, void> {
  const scanner = new JsonScanner(path, sink);
  let rest = "";
  for await (const { text, last } of content.pieces()) {
    const joined = rest === "" ? text : rest + text;
    try {
      rest = joined.slice(scanner.scan(joined));
      if (last) scanner.end(rest);
    } catch (error) {
      throw error instanceof JsonSyntaxProblem ? syntaxError(content, scanner, error, joined) : error;
    }
    if (rest.length > maxLength) throw tooLong(content, maxLength);
    yield text.length;
  }
}

function syntaxError(
  content: TextContent,
  scanner: JsonScanner,
  problem: JsonSyntaxProblem,
  joined: string,
): MillraceError {
  const early = problem.message.includes("too early");
  const offset = content.offsetOf(early ? "" : joined.slice(problem.index));
  const where = offset === undefined ? "" : ` at byte ${offset}`;
  const lines = scanner.done && "[{".includes(joined.charAt(problem.index));
  return new MillraceError("MLR_SOURCE_FORMAT", `${content.file.name}${where}: ${problem.message}`, {
    hint: lines
      ? "The file seems to hold one document a line: read it with jsonl(…)."
      : early
        ? "The file is cut short: copy or download it again."
        : "Correct the file, or check that it is JSON at all.",
    details: { file: content.file.name, ...(offset === undefined ? {} : { offset }) },
  });
}

function tooLong(content: TextContent, maxLength: number): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${content.file.name} has a row of more than ${maxLength} characters`,
    {
      hint: "The option `rows` may point too high in the document; or raise `maxRowLength`.",
      details: { file: content.file.name },
    },
  );
}
