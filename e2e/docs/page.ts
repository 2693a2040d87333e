import { splitMarkdown, type CodeBlock } from "../../scripts/gates/markdown.ts";

/** One thing that a reader of a page does, or sees. */
export type Step =
  | { readonly kind: "file"; readonly path: string; readonly text: string; readonly line: number }
  | { readonly kind: "shell"; readonly command: string; readonly fails: boolean; readonly line: number }
  | { readonly kind: "sql"; readonly statement: string; readonly line: number }
  | { readonly kind: "output"; readonly lines: readonly string[]; readonly line: number };

/**
 * Reads a page as a series of steps:
 * - a block with `file=<path>` is saved in the project;
 * - `sh`: each line is a command (` fails`: the last one ends with an error; ` &` behind it: it goes on until the page is over);
 * - `sql`: a query on the database;
 * - `text`: what the block before printed. `…` stands for anything, spaces do not count, and lines may be left out.
 *
 * Blocks marked `fragment` or `skip` and blocks of other languages are for the reader alone.
 */
export function pageSteps(markdown: string): Step[] {
  return splitMarkdown(markdown).blocks.flatMap(stepsOf);
}

function stepsOf({ language, words, code, line }: CodeBlock): Step[] {
  if (words.includes("fragment") || words.includes("skip")) return [];
  const path = words.find((word) => word.startsWith("file="))?.slice("file=".length);
  if (path !== undefined) return [{ kind: "file", path, text: `${code}\n`, line }];
  if (language === "sql") return [{ kind: "sql", statement: code, line }];
  if (language === "text") return [{ kind: "output", lines: code.split("\n"), line }];
  if (language !== "sh") return [];
  const commands = code
    .split("\n")
    .map((text, index) => ({ text: text.replace(/\s+#.*$/, "").trim(), index }));
  const real = commands.filter(({ text }) => text !== "" && !text.startsWith("#"));
  return real.map(({ text, index }, position) => ({
    kind: "shell",
    command: text,
    fails: words.includes("fails") && position === real.length - 1,
    line: line + index,
  }));
}

/** The first expected line that the output does not have, looked for in order; undefined where all are there. */
export function missingLine(expected: readonly string[], output: string): string | undefined {
  const lines = output.split("\n").map(squeeze);
  let from = 0;
  for (const wanted of expected.map(squeeze)) {
    if (wanted === "" || wanted === "…") continue;
    const found = lines.findIndex((line, index) => index >= from && matches(line, wanted.split("…")));
    if (found === -1) return wanted;
    from = found + 1;
  }
  return undefined;
}

/** Whether `line` is the parts in order, with anything between them. */
function matches(line: string, parts: readonly string[]): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return line === first;
  if (!line.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = line.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return line.endsWith(last) && line.length - last.length >= at;
}

function squeeze(line: string): string {
  return line.replaceAll(/\s+/g, " ").trim();
}
