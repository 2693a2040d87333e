import type { Word } from "../document-text.ts";
import type { TextLine } from "../text-lines.ts";
import type { PageLines } from "./page-lines.ts";

/** Words that stand beside a value: a phrase, one of several, or a regular expression over a line. */
export type Anchor = string | RegExp | readonly (string | RegExp)[];

/** Where an anchor stands. */
export interface FoundAnchor {
  readonly page: number;
  /** Index of its line on the page. */
  readonly line: number;
  /** Its first word and the one behind its last. */
  readonly from: number;
  readonly to: number;
  readonly words: readonly Word[];
  /** 1 where it is written as it should be, less where letters differ. */
  readonly score: number;
}

/** Letters that may be wrong in a word of that length, as text recognition makes them. */
const LETTERS_PER_ERROR = 5;
const MISREAD = 0.85;

/** Every place where an anchor stands, page by page. */
export function findAnchors(pages: readonly PageLines[], anchor: Anchor): FoundAnchor[] {
  const found: FoundAnchor[] = [];
  for (const [page, { lines }] of pages.entries()) {
    for (const [line, { words }] of lines.entries()) {
      for (const { from, to, score } of anchorsInLine(lines[line] as TextLine, anchor)) {
        found.push({ page, line, from, to, score, words: words.slice(from, to) });
      }
    }
  }
  return found;
}

/** Where an anchor stands in a line. */
export function anchorsInLine(
  { words }: TextLine,
  anchor: Anchor,
): { from: number; to: number; score: number }[] {
  const list = typeof anchor === "string" || anchor instanceof RegExp ? [anchor] : anchor;
  return list.flatMap((each) => (typeof each === "string" ? phraseIn(words, each) : patternIn(words, each)));
}

function phraseIn(words: readonly Word[], phrase: string): { from: number; to: number; score: number }[] {
  const wanted = phrase
    .split(/\s+/)
    .map(bare)
    .filter((part) => part !== "");
  const found: { from: number; to: number; score: number }[] = [];
  if (wanted.length === 0) return found;
  for (let from = 0; from + wanted.length <= words.length; from++) {
    let score = 1;
    for (const [index, part] of wanted.entries()) {
      score = Math.min(score, likeness(bare(words[from + index]?.text ?? ""), part));
      if (score === 0) break;
    }
    if (score > 0) found.push({ from, to: from + wanted.length, score });
  }
  return found;
}

function patternIn(words: readonly Word[], pattern: RegExp): { from: number; to: number; score: number }[] {
  const text = words.map((word) => word.text).join(" ");
  const match = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, "")).exec(text);
  if (match === null || match[0].trim() === "") return [];
  const before = text.slice(0, match.index).split(" ").length - 1;
  const count = match[0].trim().split(" ").length;
  return [{ from: before, to: before + count, score: 1 }];
}

/** Without what stands around a word, and without case. */
function bare(text: string): string {
  return text.toLowerCase().replaceAll(/^[^\p{L}\d%#]+|[^\p{L}\d%#]+$/gu, "");
}

function likeness(there: string, wanted: string): number {
  if (there === wanted) return 1;
  const most = Math.floor(wanted.length / LETTERS_PER_ERROR);
  return most > 0 && distance(there, wanted, most) <= most ? MISREAD : 0;
}

/** How many letters differ; more than `most` where it is more. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const now = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      now.push(
        Math.min((before[column] ?? 0) + 1, (now[column - 1] ?? 0) + 1, (before[column - 1] ?? 0) + same),
      );
    }
    before = now;
  }
  return before[b.length] ?? most + 1;
}
