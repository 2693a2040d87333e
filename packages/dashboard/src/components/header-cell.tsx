import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";
import { cellClass, type Column, type Sort } from "./column.ts";

interface HeaderCellProps<Row> {
  readonly column: Column<Row>;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort) => void;
  readonly className: string;
}

/** The head of a column; pressing it sorts by it, pressing it again the other way round. */
export function HeaderCell<Row>({ column, sort, onSort, className }: HeaderCellProps<Row>): ReactNode {
  const sorted = sort?.column === column.id ? sort : undefined;
  const Icon = sorted === undefined ? ChevronsUpDown : sorted.descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={sorted === undefined ? undefined : sorted.descending ? "descending" : "ascending"}
      className={classNames(
        "sticky z-10 h-9 truncate border-b border-line bg-surface px-3 text-xs font-medium text-muted first:rounded-tl-lg first:pl-4 last:rounded-tr-lg last:pr-4",
        column.width,
        cellClass(column),
        className,
      )}
    >
      {column.sortValue === undefined ? (
        column.header
      ) : (
        <button
          type="button"
          onClick={() =>
            onSort({ column: column.id, descending: sorted !== undefined && !sorted.descending })
          }
          className={classNames(
            "group inline-flex min-h-6 max-w-full items-center gap-1 rounded-sm hover:text-ink",
            sorted !== undefined && "text-ink",
            column.align === "end" && "flex-row-reverse",
          )}
        >
          <span className="truncate">{column.header}</span>
          <Icon
            aria-hidden
            className={classNames(
              "size-3.5 shrink-0",
              sorted === undefined && "opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60",
            )}
          />
        </button>
      )}
    </th>
  );
}
