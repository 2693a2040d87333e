import type { Letter } from "./page-marks.ts";
import type { PlacedWord } from "../text-lines.ts";

/** A gap wider than this share of the font's size separates words. */
const WORD_GAP = 0.17;
/** Letters whose middles differ by less than this share of the size stand on one line. */
const SAME_LINE = 0.35;
/** A letter over the same letter, shifted by less than this share of the size, is the same one drawn twice to look bold. */
const DRAWN_TWICE = 0.15;

/** Makes words out of letters in the order they were drawn. */
export function groupLetters(letters: readonly Letter[]): PlacedWord[] {
  const words: PlacedWord[] = [];
  let open: OpenWord | undefined;
  for (const letter of letters) {
    if (letter.space) {
      if (open !== undefined) words.push(open.take(true));
      open = undefined;
    } else if (open?.isDrawnTwice(letter)) {
      continue;
    } else if (open?.continuesWith(letter)) {
      open.add(letter);
    } else {
      if (open !== undefined) words.push(open.take(false));
      open = new OpenWord(letter);
    }
  }
  if (open !== undefined) words.push(open.take(false));
  return words;
}

class OpenWord {
  #text: string;
  #x0: number;
  #y0: number;
  #x1: number;
  #y1: number;
  #last: Letter;
  readonly #direction: number;

  constructor(letter: Letter) {
    this.#text = letter.text;
    this.#x0 = letter.x0;
    this.#y0 = letter.y0;
    this.#x1 = letter.x1;
    this.#y1 = letter.y1;
    this.#direction = letter.direction;
    this.#last = letter;
  }

  isDrawnTwice(letter: Letter): boolean {
    const last = this.#last;
    const near = last.size * DRAWN_TWICE;
    return (
      letter.text === last.text &&
      letter.direction === last.direction &&
      Math.abs(letter.x0 - last.x0) < near &&
      Math.abs(letter.y0 - last.y0) < near
    );
  }

  continuesWith(letter: Letter): boolean {
    const last = this.#last;
    if (letter.direction !== this.#direction) return false;
    const size = Math.max(letter.size, last.size);
    const level = letter.direction % 2 === 0;
    const aside = level
      ? letter.y0 + letter.y1 - last.y0 - last.y1
      : letter.x0 + letter.x1 - last.x0 - last.x1;
    if (Math.abs(aside) / 2 > size * SAME_LINE) return false;
    const gap = gapBetween(last, letter);
    return gap < size * WORD_GAP && gap > -size;
  }

  add(letter: Letter): void {
    this.#text += letter.text;
    this.#x0 = Math.min(this.#x0, letter.x0);
    this.#y0 = Math.min(this.#y0, letter.y0);
    this.#x1 = Math.max(this.#x1, letter.x1);
    this.#y1 = Math.max(this.#y1, letter.y1);
    this.#last = letter;
  }

  take(spaceBehind: boolean): PlacedWord {
    return {
      text: this.#text.normalize("NFKC"),
      x0: this.#x0,
      y0: this.#y0,
      x1: this.#x1,
      y1: this.#y1,
      direction: this.#direction,
      spaceBehind,
    };
  }
}

/** How far `next` begins behind the end of `last`, in the direction in which they are read. */
function gapBetween(last: Letter, next: Letter): number {
  if (last.direction === 0) return next.x0 - last.x1;
  if (last.direction === 1) return next.y0 - last.y1;
  if (last.direction === 2) return last.x0 - next.x1;
  return last.y0 - next.y1;
}
