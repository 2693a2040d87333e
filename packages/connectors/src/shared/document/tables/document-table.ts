import type { Box } from "../box.ts";
import type { Word } from "../document-text.ts";

/** A table on a page. */
export interface PageTable extends Box {
  /** Page on which it begins. */
  readonly page: number;
  /** Page on which it ends: another one where it goes on over page breaks. */
  readonly lastPage: number;
  /** By which it was found. */
  readonly strategy: "lines" | "text";
  /** Left and right ends of the columns. */
  readonly columns: readonly (readonly [left: number, right: number])[];
  /** Cells by row and column; null where a merged cell to the left or above covers it, "" where it is empty. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What a page's tables are made of. */
export interface TableInput {
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly words: readonly Word[];
  /** Four numbers for each straight line: x0, y0, x1, y1. Absent: only text alignment is left. */
  readonly rules?: ArrayLike<number>;
}

/** How tables are found. */
export interface TableOptions {
  /** `lines`: by ruling lines. `text`: by the alignment of words. `auto`: by lines, and by text where they enclose nothing. */
  readonly strategy: "auto" | "lines" | "text";
  /** Smaller ones are no tables. */
  readonly minRows: number;
  readonly minColumns: number;
}

/** How tables are found unless said otherwise. */
export const TABLE_DEFAULTS: TableOptions = { strategy: "auto", minRows: 2, minColumns: 2 };
