import type { Box } from "./box.ts";
import type { Word } from "./document-text.ts";

/** A word that was found on a page, before its line is known. */
export interface PlacedWord extends Word {
  /** Quarter turns clockwise in which it is read. */
  readonly direction: number;
  /** White space follows it for sure. */
  readonly spaceBehind: boolean;
}

/** Words beside each other, from left to right. */
export interface TextLine extends Box {
  readonly words: readonly Word[];
}

/** Words whose middles differ by less than this share of the lower one's height stand on one line. */
const SAME_LINE = 0.5;
/** Words with a smaller gap than this share of their height are one, where no space was between them. */
const JOINED = 0.12;

/** Lines of words in reading order: by direction (the most frequent one first), then downwards, then along the line. */
export function textLines(words: readonly PlacedWord[]): TextLine[] {
  const byDirection = new Map<number, PlacedWord[]>();
  for (const word of words) {
    const list = byDirection.get(word.direction);
    if (list === undefined) byDirection.set(word.direction, [word]);
    else list.push(word);
  }
  const directions = [...byDirection].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  return directions.flatMap(([direction, list]) => linesOf(list, direction));
}

function linesOf(words: readonly PlacedWord[], direction: number): TextLine[] {
  const upright = words.map((word) => ({ word, ...turned(word, direction) }));
  upright.sort((a, b) => a.v0 + a.v1 - b.v0 - b.v1);
  const lines: Upright[][] = [];
  let middle = Number.NEGATIVE_INFINITY;
  let height = 0;
  for (const item of upright) {
    const own = (item.v0 + item.v1) / 2;
    const ownHeight = item.v1 - item.v0;
    const line = lines.at(-1);
    if (line === undefined || own - middle > Math.min(height, ownHeight) * SAME_LINE) {
      lines.push([item]);
      middle = own;
      height = ownHeight;
    } else {
      line.push(item);
      // The line's own height is that of its tallest word, so that small print does not tear it apart.
      if (ownHeight > height) {
        middle = own;
        height = ownHeight;
      }
    }
  }
  return lines.map((line) => toLine(line.sort((a, b) => a.u0 - b.u0)));
}

interface Upright {
  readonly word: PlacedWord;
  readonly u0: number;
  readonly u1: number;
  readonly v0: number;
  readonly v1: number;
}

function toLine(items: readonly Upright[]): TextLine {
  const words: Word[] = [];
  let last: Upright | undefined;
  for (const item of items) {
    const before = words.at(-1);
    const height = item.v1 - item.v0;
    if (last !== undefined && before !== undefined) {
      if (sameAgain(last, item)) continue;
      const gap = item.u0 - last.u1;
      if (!last.word.spaceBehind && gap < height * JOINED && gap > -height * JOINED) {
        words[words.length - 1] = { ...union([before, item.word]), text: before.text + item.word.text };
        last = item;
        continue;
      }
    }
    const { text, x0, y0, x1, y1, confidence } = item.word;
    words.push({ text, x0, y0, x1, y1, ...(confidence === undefined ? {} : { confidence }) });
    last = item;
  }
  return { ...union(words), words };
}

/** The same word on top of itself, as some programs print bold. */
function sameAgain(last: Upright, item: Upright): boolean {
  return last.word.text === item.word.text && item.u0 - last.u0 < (last.u1 - last.u0) * 0.3;
}

/** The smallest box around some. */
export function union(boxes: readonly Box[]): Box {
  return {
    x0: Math.min(...boxes.map(({ x0 }) => x0)),
    y0: Math.min(...boxes.map(({ y0 }) => y0)),
    x1: Math.max(...boxes.map(({ x1 }) => x1)),
    y1: Math.max(...boxes.map(({ y1 }) => y1)),
  };
}

function turned(box: Box, direction: number): Omit<Upright, "word"> {
  if (direction === 1) return { u0: box.y0, u1: box.y1, v0: -box.x1, v1: -box.x0 };
  if (direction === 2) return { u0: -box.x1, u1: -box.x0, v0: -box.y1, v1: -box.y0 };
  if (direction === 3) return { u0: -box.y1, u1: -box.y0, v0: box.x0, v1: box.x1 };
  return { u0: box.x0, u1: box.x1, v0: box.y0, v1: box.y1 };
}

/** The text of lines, one line each, words a space apart. */
export function plainText(lines: readonly TextLine[]): string {
  return lines.map(({ words }) => words.map(({ text }) => text).join(" ")).join("\n");
}
