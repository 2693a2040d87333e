import { MillraceError, nearest, normalizeIdentifier, type ColumnDefinition, type Row } from "@millrace/core";
import { cellText, type CellText } from "../format/cell-text.ts";
import { partitionName } from "../safe-name.ts";

/** Rows that belong into one file, as far as its size allows. */
export interface Partition {
  readonly id: string;
  /** Names of the folders below the table's. */
  readonly folders: readonly string[];
}

/** The partition of everything where there are no others. */
export const WHOLE: Partition = { id: "", folders: [] };

/** The names of the columns to partition by, as the table has them. Fails with MLR_SCHEMA_MISMATCH where it has none such. */
export function partitionColumns(
  table: string,
  wanted: readonly string[],
  columns: readonly ColumnDefinition[],
): string[] {
  const known = columns.map(({ name }) => name);
  return wanted.map((given) => {
    const found = [given, normalizeIdentifier(given, 255)].find((name) => known.includes(name));
    if (found !== undefined) return found;
    const guess = nearest(given, known);
    throw new MillraceError(
      "MLR_SCHEMA_MISMATCH",
      `table "${table}" has no column "${given}" to put its files into folders by`,
      {
        hint:
          guess === undefined
            ? `Its columns: ${known.join(", ")}. One that has no value yet can be declared with the option columns.`
            : `Did you mean "${guess}"?`,
        details: { table, column: given },
      },
    );
  });
}

/** Tells which partition rows belong to. */
export class Partitioner {
  readonly #columns: readonly Column[];
  readonly #known = new Map<string, Partition>();

  /** @param names columns whose values name folders */
  constructor(columns: readonly ColumnDefinition[], names: readonly string[]) {
    this.#columns = names.flatMap((name) => {
      const column = columns.find((each) => each.name === name);
      return column === undefined ? [] : [{ name, text: cellText(column.type) }];
    });
  }

  of(row: Row): Partition {
    if (this.#columns.length === 0) return WHOLE;
    const texts = this.#columns.map(({ name, text }) => {
      const value: unknown = Object.hasOwn(row, name) ? row[name] : null;
      return value === null || value === undefined ? null : text(value);
    });
    const id = JSON.stringify(texts);
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const folders = this.#columns.map(({ name }, index) => partitionName(name, texts[index] ?? null));
    const partition = { id, folders };
    // A column of ever new values would fill the memory.
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(id, partition);
    return partition;
  }
}

const MOST_KNOWN = 10_000;

interface Column {
  readonly name: string;
  readonly text: CellText;
}
