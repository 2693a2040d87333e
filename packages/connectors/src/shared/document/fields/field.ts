import type { Box } from "../box.ts";
import type { Word } from "../document-text.ts";
import { union, type TextLine } from "../text-lines.ts";
import { findAnchors, type Anchor, type FoundAnchor } from "./anchor.ts";
import type { FoundField } from "./document-type.ts";
import type { PageLines } from "./page-lines.ts";
import type { Notation, ValueKind } from "./value-kind.ts";

/** How a field is found. Made by `near`, `after`, `below`, `region` and `search`. */
export interface Field {
  /** Its absence is a problem. Default true. */
  readonly required: boolean;
  /** Everything that it may be. */
  candidates(pages: readonly PageLines[], notation: Notation): FoundField[];
}

/** Lines below an anchor in which its value may stand. */
const LINES_BELOW = 3;
/** What stands below is less surely meant than what stands beside. */
const BELOW = 0.9;
/** For each word between an anchor and its value. */
const BETWEEN = 0.12;
/** A gap wider than this many times the height of the text ends a piece of text. */
const TEXT_GAP = 1.6;

/** The value that stands right of an anchor on its line, or else below it. */
export function near(anchor: Anchor, kind: ValueKind): Field {
  return anchored(anchor, kind, (pages, found, notation) => {
    const beside = readBeside(pages, found, kind, notation);
    return beside ?? readBelow(pages, found, kind, notation);
  });
}

/** The value that stands right of an anchor on its line. */
export function after(anchor: Anchor, kind: ValueKind): Field {
  return anchored(anchor, kind, (pages, found, notation) => readBeside(pages, found, kind, notation));
}

/** The value that stands below an anchor, as below the header of a box. */
export function below(anchor: Anchor, kind: ValueKind): Field {
  return anchored(anchor, kind, (pages, found, notation) => readBelow(pages, found, kind, notation));
}

/** A part of a page: shares of its width and height, from the upper left corner. */
export interface Region extends Box {
  /** From 1 on; -1 is the last one. Default 1. */
  readonly page?: number;
}

/** The first value in a part of a page. */
export function region(area: Region, kind: ValueKind): Field {
  return {
    required: true,
    candidates(pages, notation) {
      const number = area.page ?? 1;
      const found = pages.at(number > 0 ? number - 1 : number);
      if (found === undefined) return [];
      const { width, height } = found.page;
      const within = ({ x0, x1, y0, y1 }: Box): boolean => {
        const [x, y] = [(x0 + x1) / 2 / width, (y0 + y1) / 2 / height];
        return x >= area.x0 && x <= area.x1 && y >= area.y0 && y <= area.y1;
      };
      for (const { words } of found.lines) {
        const read = readWords(words.filter(within), kind, notation);
        if (read !== undefined) return [toField(read, found.page.number, 0.9)];
      }
      return [];
    },
  };
}

/** The first group of a regular expression over a page's text, or all of it, as a kind of value. */
export function search(expression: RegExp, kind: ValueKind): Field {
  const flags = `${expression.flags.replaceAll(/[gy]/g, "")}g`;
  return {
    required: true,
    candidates(pages, notation) {
      const every = new RegExp(expression.source, flags);
      return pages.flatMap(({ page, lines }) => {
        const text = lines.map(({ words }) => words.map((word) => word.text).join(" ")).join("\n");
        return [...text.matchAll(every)].flatMap((match): FoundField[] => {
          const raw = (match[1] ?? match[0]).trim();
          const value = kind.read(raw.split(/\s+/), 0, notation);
          if (value === undefined) return [];
          const words = wordsOf(lines, raw.split(/\s+/));
          const box = words === undefined ? undefined : union(words);
          return [
            {
              value: value.value,
              raw,
              page: page.number,
              box,
              confidence: value.quality * meanOf(words ?? []),
            },
          ];
        });
      });
    },
  };
}

/** A field that may be absent. */
export function optional(field: Field): Field {
  return { ...field, required: false };
}

interface ReadWords {
  readonly value: FoundField["value"];
  readonly words: readonly Word[];
  readonly quality: number;
}

type Look = (pages: readonly PageLines[], found: FoundAnchor, notation: Notation) => ReadWords | undefined;

function anchored(anchor: Anchor, _kind: ValueKind, look: Look): Field {
  return {
    required: true,
    candidates(pages, notation) {
      return findAnchors(pages, anchor).flatMap((found) => {
        const read = look(pages, found, notation);
        return read === undefined ? [] : [toField(read, pages[found.page]?.page.number ?? 1, found.score)];
      });
    },
  };
}

function toField({ value, words, quality }: ReadWords, page: number, score: number): FoundField {
  return {
    value,
    confidence: quality * score * meanOf(words),
    raw: words.map(({ text }) => text).join(" "),
    page,
    box: union(words),
  };
}

function meanOf(words: readonly Word[]): number {
  if (words.length === 0) return 1;
  return words.reduce((sum, { confidence = 1 }) => sum + confidence, 0) / words.length;
}

function readBeside(
  pages: readonly PageLines[],
  { page, line, to }: FoundAnchor,
  kind: ValueKind,
  notation: Notation,
): ReadWords | undefined {
  return readWords(pages[page]?.lines[line]?.words.slice(to) ?? [], kind, notation);
}

function readBelow(
  pages: readonly PageLines[],
  { page, line, words }: FoundAnchor,
  kind: ValueKind,
  notation: Notation,
): ReadWords | undefined {
  const area = union(words);
  const reach = area.y1 - area.y0;
  const lines = pages[page]?.lines.slice(line + 1, line + 1 + LINES_BELOW) ?? [];
  for (const { words: there } of lines) {
    // A piece of text below belongs to the anchor when it begins, ends or lies where the anchor does.
    for (const piece of pieces(there)) {
      const box = union(piece);
      if (box.x1 < area.x0 - reach || box.x0 > area.x1 + reach) continue;
      const read = readWords(piece, kind, notation);
      if (read !== undefined) return { ...read, quality: read.quality * BELOW };
    }
  }
  return undefined;
}

/** The first value in words; those that stand before it make it less sure. */
function readWords(words: readonly Word[], kind: ValueKind, notation: Notation): ReadWords | undefined {
  const given = kind.isText ? (pieces(words)[0] ?? []) : words;
  const texts = given.map(({ text }) => text);
  for (let at = 0; at < texts.length; at++) {
    // A lone colon or number sign belongs to the anchor.
    const read = kind.read(texts, at, notation);
    if (read === undefined) continue;
    const between = texts.slice(0, at).filter((text) => /[\p{L}\d]/u.test(text)).length;
    const quality = Math.max(0.3, read.quality * (1 - BETWEEN * between));
    return { value: read.value, words: given.slice(at, at + read.used), quality };
  }
  return undefined;
}

/** Words of a line as pieces that wide gaps part. */
function pieces(words: readonly Word[]): Word[][] {
  const out: Word[][] = [];
  for (const word of words) {
    const last = out.at(-1)?.at(-1);
    const height = word.y1 - word.y0;
    if (last === undefined || word.x0 - last.x1 > height * TEXT_GAP) out.push([word]);
    else out.at(-1)?.push(word);
  }
  return out;
}

/** The words of a line that say a text. */
function wordsOf(lines: readonly TextLine[], texts: readonly string[]): Word[] | undefined {
  for (const { words } of lines) {
    for (let from = 0; from + texts.length <= words.length; from++) {
      if (texts.every((text, index) => words[from + index]?.text.includes(text))) {
        return words.slice(from, from + texts.length);
      }
    }
  }
  return undefined;
}
