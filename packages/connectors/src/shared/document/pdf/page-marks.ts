/** A letter on the page, upright in its own direction. */
export interface Letter {
  readonly text: string;
  /** Quarter turns clockwise in which it is read: 0, 1, 2 or 3. */
  readonly direction: number;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** Height of its font, as it is seen. */
  readonly size: number;
  /** It stands for white space. */
  readonly space: boolean;
}

/** What stands on a page: its letters, straight lines and pictures, from the upper left corner. */
export interface PageMarks {
  readonly letters: readonly Letter[];
  /** Four numbers for each straight line, level or upright: x0, y0, x1, y1. */
  readonly rules: readonly number[];
  /** Of the page, 0 to 1, that is covered by pictures; they may lie over each other. */
  readonly pictures: number;
  /** Letters that no Unicode character is known for. */
  readonly unknown: number;
  /** Fonts that these letters have. */
  readonly unknownFonts: readonly string[];
}
