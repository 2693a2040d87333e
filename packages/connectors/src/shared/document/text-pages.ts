import type { PageText, Word } from "./document-text.ts";

/** Room for a letter and a line, where a text has no places of its own: as on a typewriter. */
const LETTER = 6;
const LINE = 12;
/** A tab goes on to the next multiple of this many letters. */
const TAB = 8;

/** A text as one page on which every letter has the same width, so that what is beside and below can be told. */
export function textPage(source: string): PageText {
  const text = source.replaceAll(/\r\n?/g, "\n").replaceAll("\u0000", "").trimEnd();
  const lines = text.split("\n").map(untab);
  const words: Word[] = [];
  let width = 0;
  for (const [index, line] of lines.entries()) {
    width = Math.max(width, line.length);
    for (const match of line.matchAll(/\S+/g)) {
      words.push({
        text: match[0],
        x0: match.index * LETTER,
        y0: index * LINE,
        x1: (match.index + match[0].length) * LETTER,
        y1: index * LINE + LINE - 2,
      });
    }
  }
  return {
    number: 1,
    width: width * LETTER,
    height: lines.length * LINE,
    rotation: 0,
    text,
    words,
    hasText: words.length > 0,
    needsOcr: false,
  };
}

function untab(line: string): string {
  if (!line.includes("\t")) return line;
  let out = "";
  for (const part of line.split("\t")) out += part.padEnd((Math.floor(part.length / TAB) + 1) * TAB);
  return out.trimEnd();
}

/** Rows of a table as lines: each column as wide as its longest cell. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
        .join("")
        .trimEnd(),
    )
    .join("\n");
}
