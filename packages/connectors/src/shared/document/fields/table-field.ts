import type { Box } from "../box.ts";
import type { Word } from "../document-text.ts";
import { findTables } from "../tables/find-tables.ts";
import { TABLE_DEFAULTS } from "../tables/document-table.ts";
import { union, type TextLine } from "../text-lines.ts";
import { anchorsInLine, type Anchor } from "./anchor.ts";
import type { FieldValue } from "./document-type.ts";
import type { PageLines } from "./page-lines.ts";
import { textKind } from "./text-kinds.ts";
import type { Notation, ValueKind } from "./value-kind.ts";

/** A column of a table: its header, and what its cells are. */
export interface Column {
  readonly header: Anchor;
  /** Default: text. */
  readonly kind?: ValueKind;
  /** The table may lack it, and cells may be empty. Default false. */
  readonly optional?: boolean;
}

/** A table that is found by its header. Made by `table`. */
export interface TableField {
  readonly required: boolean;
  readonly columns: Readonly<Record<string, Column>>;
  rows(pages: readonly PageLines[], notation: Notation): FoundTable | undefined;
}

/** The rows of a table. */
export interface FoundTable {
  readonly rows: readonly Readonly<Record<string, FieldValue>>[];
  readonly confidence: number;
  readonly page: number;
  readonly box: Box;
}

/** What a table is found by. */
export interface TableFieldOptions {
  /** By the name that the column gets; a header alone is a column of text. */
  readonly columns: Readonly<Record<string, Column | Anchor>>;
  /** A line with this ends the table. Default: what does not fit its columns. */
  readonly until?: Anchor;
  /** Default true. */
  readonly required?: boolean;
}

/** Rows below a gap of this many lines are no longer the table's. */
const LINE_GAP = 3.5;

/** A table by the headers of its columns: by its ruling lines, or else by what stands below each header; on over page breaks where the header is repeated. */
export function table(options: TableFieldOptions): TableField {
  const columns = Object.fromEntries(
    Object.entries(options.columns).map(([name, column]) => [name, toColumn(column)]),
  );
  return {
    required: options.required ?? true,
    columns,
    rows(pages, notation) {
      let all: FoundTable | undefined;
      for (const page of pages) {
        const reader = new TableReader(page, columns, options.until, notation);
        const found = reader.ruled() ?? reader.aligned();
        if (found === undefined) continue;
        all =
          all === undefined
            ? found
            : {
                ...all,
                rows: [...all.rows, ...found.rows],
                confidence: Math.min(all.confidence, found.confidence),
              };
      }
      return all;
    },
  };
}

function toColumn(column: Column | Anchor): Column {
  return typeof column === "object" && "header" in column ? column : { header: column };
}

interface Header {
  readonly name: string;
  readonly column: Column;
  readonly box: Box;
}

type Cells = Map<string, Word[]>;

class TableReader {
  readonly #page: PageLines;
  readonly #columns: readonly (readonly [string, Column])[];
  readonly #until: Anchor | undefined;
  readonly #notation: Notation;

  constructor(
    page: PageLines,
    columns: Readonly<Record<string, Column>>,
    until: Anchor | undefined,
    notation: Notation,
  ) {
    this.#page = page;
    this.#columns = Object.entries(columns);
    this.#until = until;
    this.#notation = notation;
  }

  /** By ruling lines: a table of which one row has the headers. */
  ruled(): FoundTable | undefined {
    const { page } = this.#page;
    for (const found of findTables(page, { ...TABLE_DEFAULTS, strategy: "lines" })) {
      for (const [index, header] of found.rows.entries()) {
        const places = this.#headerCells(header);
        if (places === undefined) continue;
        const rows = found.rows.slice(index + 1).flatMap((cells) => {
          const texts = new Map(
            [...places].map(([name, at]) => [name, (cells[at] ?? "").split(/\s+/).filter(Boolean)]),
          );
          const row = this.#toRow(texts);
          return row === undefined ? [] : [row];
        });
        const { x0, y0, x1, y1 } = found;
        if (rows.length > 0) return { rows, confidence: 1, page: page.number, box: { x0, y0, x1, y1 } };
      }
    }
    return undefined;
  }

  /** By what stands below each header. */
  aligned(): FoundTable | undefined {
    const { lines, page } = this.#page;
    for (const [index, line] of lines.entries()) {
      const headers = this.#headersIn(line);
      if (headers === undefined) continue;
      const rows: Record<string, FieldValue>[] = [];
      const used: Word[] = [...line.words];
      let last = line;
      for (const next of lines.slice(index + 1)) {
        if (next.y0 - last.y1 > (last.y1 - last.y0) * LINE_GAP || this.#ends(next)) break;
        const cells = cellsOf(next, headers);
        const row = this.#toRow(
          new Map([...cells].map(([name, words]) => [name, words.map(({ text }) => text)])),
        );
        if (row !== undefined) rows.push(row);
        else if (!this.#goesOn(rows.at(-1), cells)) break;
        used.push(...next.words);
        last = next;
      }
      if (rows.length === 0) continue;
      const sure = used.reduce((sum, { confidence = 1 }) => sum + confidence, 0) / used.length;
      return { rows, confidence: 0.95 * sure, page: page.number, box: union(used) };
    }
    return undefined;
  }

  #ends(line: TextLine): boolean {
    return this.#until !== undefined && anchorsInLine(line, this.#until).length > 0;
  }

  #headersIn(line: TextLine): Header[] | undefined {
    const headers: Header[] = [];
    const taken = new Set<number>();
    for (const [name, column] of this.#columns) {
      const at = anchorsInLine(line, column.header).find(({ from, to }) => {
        for (let word = from; word < to; word++) if (taken.has(word)) return false;
        return true;
      });
      if (at !== undefined) {
        for (let word = at.from; word < at.to; word++) taken.add(word);
        headers.push({ name, column, box: union(line.words.slice(at.from, at.to)) });
      } else if (column.optional !== true) {
        return undefined;
      }
    }
    return headers.sort((a, b) => a.box.x0 - b.box.x0);
  }

  #headerCells(cells: readonly (string | null)[]): Map<string, number> | undefined {
    const places = new Map<string, number>();
    for (const [name, column] of this.#columns) {
      const at = cells.findIndex(
        (cell, index) =>
          ![...places.values()].includes(index) &&
          anchorsInLine(asLine(cell ?? ""), column.header).length > 0,
      );
      if (at >= 0) places.set(name, at);
      else if (column.optional !== true) return undefined;
    }
    return places;
  }

  /** A row where every cell that must be there is what its column is; undefined where one is not. */
  #toRow(texts: ReadonlyMap<string, readonly string[]>): Record<string, FieldValue> | undefined {
    const row: Record<string, FieldValue> = {};
    let filled = 0;
    for (const [name, { kind = textKind, optional }] of this.#columns) {
      const words = texts.get(name) ?? [];
      const read = words.length === 0 ? undefined : kind.read(words, 0, this.#notation);
      const whole = read !== undefined && read.used === words.length;
      if (!whole && words.length > 0 && !kind.isText) return undefined;
      if (!whole && optional !== true) return undefined;
      row[name] = whole ? read.value : null;
      if (whole) filled++;
    }
    return filled > 0 ? row : undefined;
  }

  /** A line that has nothing but text goes on with the row above. */
  #goesOn(above: Record<string, FieldValue> | undefined, cells: Cells): boolean {
    const filled = [...cells].filter(([, words]) => words.length > 0);
    const kinds = new Map(this.#columns);
    if (above === undefined || filled.length === 0) return false;
    if (!filled.every(([name]) => (kinds.get(name)?.kind ?? textKind).isText)) return false;
    for (const [name, words] of filled) {
      const text = words.map((word) => word.text).join(" ");
      above[name] = above[name] === null ? text : `${String(above[name])} ${text}`;
    }
    return true;
  }
}

/** The words of a line by the header that they stand below: numbers mostly end where their header does, text begins there. */
function cellsOf(line: TextLine, headers: readonly Header[]): Cells {
  const cells: Cells = new Map(headers.map(({ name }) => [name, []]));
  for (const word of line.words) {
    let best: Header | undefined;
    let distance = Number.POSITIVE_INFINITY;
    for (const [index, header] of headers.entries()) {
      const away = distanceTo(word, header, headers[index + 1]);
      if (away < distance) [best, distance] = [header, away];
    }
    if (best !== undefined) cells.get(best.name)?.push(word);
  }
  return cells;
}

function distanceTo(word: Word, { box, column }: Header, next: Header | undefined): number {
  if (word.x1 > box.x0 && word.x0 < box.x1) return 0;
  // Text runs on to the right as far as the next column lets it.
  if (
    (column.kind ?? textKind).isText &&
    word.x0 >= box.x0 &&
    (next === undefined || word.x1 < next.box.x0)
  ) {
    const numberBeside = next !== undefined && !(next.column.kind ?? textKind).isText;
    return numberBeside && next.box.x0 - word.x1 < word.x0 - box.x1 && /^[\d.,€$£-]+$/.test(word.text)
      ? next.box.x0 - word.x1 + 1
      : 1;
  }
  return Math.min(Math.abs(word.x0 - box.x1), Math.abs(word.x1 - box.x0)) + 2;
}

function asLine(text: string): TextLine {
  const words = text.split(/\s+/).map((part) => ({ text: part, x0: 0, y0: 0, x1: 0, y1: 0 }));
  return { x0: 0, y0: 0, x1: 0, y1: 0, words };
}
