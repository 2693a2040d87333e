import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** One column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Makes the column sortable by what this gives; null comes last either way. */
  readonly sortValue?: (row: Row) => string | number | null;
  /** `end` for numbers, so that their digits stand below each other. */
  readonly align?: "start" | "end";
  /** A class of Tailwind's that sets the width, such as `w-32`; the columns without share what is left. */
  readonly width?: string;
  /** Shown only from this width of the window on. */
  readonly from?: "sm" | "md" | "lg" | "xl" | "2xl";
  /** Text that people wrote, which may run from right to left. */
  readonly text?: boolean;
}

/** By which column rows are sorted. */
export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

const FROM = {
  sm: "hidden sm:table-cell",
  md: "hidden md:table-cell",
  lg: "hidden lg:table-cell",
  xl: "hidden xl:table-cell",
  "2xl": "hidden 2xl:table-cell",
} as const;

/** Class names of a column's cells. */
export function cellClass<Row>(column: Column<Row>): string {
  return classNames(
    // Text from right to left begins where its column begins.
    column.align === "end" ? "text-right" : "text-left",
    column.from !== undefined && FROM[column.from],
  );
}
