import type { FieldValue } from "./document-type.ts";

/** How numbers and dates of a document are written, where that can be more than one thing. */
export interface Notation {
  /** `en`: 1,234.50. `de`: 1.234,50. `auto`: by what each number looks like. */
  readonly numbers: "en" | "de" | "auto";
  /** Which of 03/04/2026 is the day. `auto`: the first, less surely. */
  readonly dates: "dmy" | "mdy" | "auto";
}

/** What was read from words. */
export interface ReadValue {
  readonly value: FieldValue;
  /** How many words it took. */
  readonly used: number;
  /** How surely it is what it was read as, 0 to 1. */
  readonly quality: number;
}

/** A kind of value, such as money: what it looks like. */
export interface ValueKind {
  readonly name: string;
  /** Takes whatever stands there: a cell of text goes on where a number ends. */
  readonly isText: boolean;
  /** Reads a value that begins at a word; undefined where none does. */
  read(words: readonly string[], at: number, notation: Notation): ReadValue | undefined;
}
