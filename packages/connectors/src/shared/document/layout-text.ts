import type { Word } from "./document-text.ts";
import type { TextLine } from "./text-lines.ts";

/** Lines longer than this are not filled with spaces further. */
const MOST_COLUMNS = 1_000;
/** Blank lines that may follow each other. */
const MOST_BLANK = 3;

/** Text that keeps its place: columns by spaces, gaps between paragraphs by blank lines. */
export function layoutText(lines: readonly TextLine[]): string {
  const words = lines.flatMap((line) => line.words);
  const width = median(words.map(letterWidth)) || 1;
  const height = median(lines.map(({ y0, y1 }) => y1 - y0)) || 1;
  const left = words.reduce((least, { x0 }) => Math.min(least, x0), Number.POSITIVE_INFINITY);
  const out: string[] = [];
  let last: TextLine | undefined;
  for (const line of lines) {
    if (last !== undefined) {
      const blank = Math.round((line.y0 - last.y1) / height - 0.4);
      for (let count = 0; count < Math.min(MOST_BLANK, blank); count++) out.push("");
    }
    out.push(spaced(line.words, left, width));
    last = line;
  }
  return out.join("\n");
}

function spaced(words: readonly Word[], left: number, width: number): string {
  let text = "";
  for (const word of words) {
    const column = Math.min(MOST_COLUMNS, Math.round((word.x0 - left) / width));
    const gap = Math.max(text === "" ? 0 : 1, column - text.length);
    text += " ".repeat(gap) + word.text;
  }
  return text;
}

function letterWidth({ x0, x1, text }: Word): number {
  return (x1 - x0) / Math.max(1, text.length);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
