import { align, displayWidth } from "./width.ts";

/** A column of a printed table. */
export interface TableColumn {
  readonly title: string;
  /** Numbers stand right. Default `left`. */
  readonly side?: "left" | "right";
}

/** How a printed table looks. */
export interface TableStyle {
  /** Paints the titles and the rule below them. Default: as they are. */
  readonly heading?: (text: string) => string;
  /** Default two spaces. */
  readonly gap?: string;
}

/** Rows of cells under titles, aligned, without spaces at line ends. The cells are printed as they are: clean them before. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  style: TableStyle = {},
): string {
  const heading = style.heading ?? ((text: string): string => text);
  const gap = style.gap ?? "  ";
  const widths = columns.map((column, index) =>
    rows.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[index] ?? "")),
      displayWidth(column.title),
    ),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => align(cells[index] ?? "", widths[index] ?? 0, column.side ?? "left"))
      .join(gap)
      .trimEnd();
  const titles = heading(line(columns.map((column) => column.title)));
  return [titles, ...rows.map(line)].join("\n");
}
