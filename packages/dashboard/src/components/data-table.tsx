import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { classNames } from "./class-names.ts";
import { cellClass, type Column, type Sort } from "./column.ts";
import { HeaderCell } from "./header-cell.tsx";
import { sortRows } from "./sort-rows.ts";

interface DataTableProps<Row> {
  /** What the table holds, for screen readers. */
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly rowKey: (row: Row) => string;
  /** Pressing a row, or Enter on it, opens it. Put a link to the same page into its first cell. */
  readonly onOpen?: (row: Row) => void;
  /** Order at first; people change it by pressing a heading. */
  readonly sort?: Sort;
  /** The server sorts: rows are shown in the order in which they come. */
  readonly onSort?: (sort: Sort) => void;
  /** Height of a row in pixels. Default: 44. */
  readonly rowHeight?: number;
  /** Shown instead of rows where there are none. */
  readonly empty?: ReactNode;
}

/** Where the head of a table stays when the page scrolls: below the header of the page. */
const HEAD_TOP = "top-14";

/**
 * Rows in columns. Only the rows in sight are in the document, so ten thousand are as quick as ten. Arrow keys, Home and End
 * move between rows, Enter opens one. Columns that have no room are left out: see `Column.from`.
 */
export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { label, rows, columns, rowKey, onSort, rowHeight = 44, empty } = props;
  const [own, setOwn] = useState<Sort | undefined>(props.sort);
  const sort = onSort === undefined ? own : props.sort;
  const sorted = useMemo(
    () => (onSort === undefined ? sortRows(rows, columns, sort) : rows),
    [rows, columns, sort, onSort],
  );
  const body = useRef<HTMLTableSectionElement>(null);
  const list = useRows(body, sorted.length, rowHeight);
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <table
      aria-label={label}
      aria-rowcount={sorted.length + 1}
      className="w-full table-fixed border-separate border-spacing-0 [&_tbody_tr:last-child_td]:border-b-0"
    >
      <thead>
        <tr aria-rowindex={1}>
          {columns.map((column) => (
            <HeaderCell
              key={column.id}
              column={column}
              sort={sort}
              onSort={onSort ?? setOwn}
              className={HEAD_TOP}
            />
          ))}
        </tr>
      </thead>
      <tbody ref={body} onKeyDown={list.onKeyDown}>
        <Spacer height={list.before} columns={columns.length} />
        {list.items.map((index) => {
          const row = sorted[index];
          if (row === undefined) return null;
          return (
            <TableRow
              key={rowKey(row)}
              row={row}
              index={index}
              columns={columns}
              height={rowHeight}
              current={index === list.current}
              onFocus={() => list.setCurrent(index)}
              onOpen={props.onOpen}
            />
          );
        })}
        <Spacer height={list.after} columns={columns.length} />
      </tbody>
    </table>
  );
}

interface TableRowProps<Row> {
  readonly row: Row;
  readonly index: number;
  readonly columns: readonly Column<Row>[];
  readonly height: number;
  readonly current: boolean;
  readonly onFocus: () => void;
  readonly onOpen: ((row: Row) => void) | undefined;
}

function TableRow<Row>({
  row,
  index,
  columns,
  height,
  current,
  onFocus,
  onOpen,
}: TableRowProps<Row>): ReactNode {
  return (
    <tr
      data-row={index}
      aria-rowindex={index + 2}
      tabIndex={onOpen === undefined ? undefined : current ? 0 : -1}
      onFocus={onFocus}
      onClick={(event) => {
        if (onOpen !== undefined && !isControl(event.target) && !isSelecting()) onOpen(row);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target === event.currentTarget) onOpen?.(row);
      }}
      className={classNames(
        "group/row hover:bg-hover focus-visible:-outline-offset-2",
        onOpen !== undefined && "cursor-pointer",
      )}
      style={{ height }}
    >
      {columns.map((column) => (
        <td
          key={column.id}
          className={classNames("truncate border-b border-line px-3 first:pl-4 last:pr-4", cellClass(column))}
          dir={column.text === true ? "auto" : undefined}
        >
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }): ReactNode {
  if (height <= 0) return null;
  return (
    <tr aria-hidden style={{ height }}>
      <td colSpan={columns} />
    </tr>
  );
}

interface RowsInSight {
  readonly items: readonly number[];
  /** Heights of what is not in the document, above and below. */
  readonly before: number;
  readonly after: number;
  readonly current: number;
  readonly setCurrent: (index: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function useRows(
  body: RefObject<HTMLTableSectionElement | null>,
  count: number,
  rowHeight: number,
): RowsInSight {
  const [top, setTop] = useState(0);
  const [current, setCurrent] = useState(0);
  useLayoutEffect(() => {
    const found = body.current?.getBoundingClientRect().top;
    if (found !== undefined) setTop(Math.round(found + window.scrollY));
  }, [body, count]);
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: top,
    scrollPaddingStart: 100,
    scrollPaddingEnd: 80,
  });
  const items = virtual.getVirtualItems();
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextRow(event, Math.min(current, count - 1), count);
    if (next === undefined || !(event.target instanceof HTMLTableRowElement)) return;
    event.preventDefault();
    setCurrent(next);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => {
      body.current?.querySelector<HTMLElement>(`tr[data-row="${next}"]`)?.focus({ preventScroll: true });
    });
  };
  return {
    items: items.map((item) => item.index),
    before: (items[0]?.start ?? top) - top,
    after: virtual.getTotalSize() - ((items.at(-1)?.end ?? top) - top),
    current: Math.min(current, Math.max(0, count - 1)),
    setCurrent,
    onKeyDown,
  };
}

function nextRow(event: KeyboardEvent, current: number, count: number): number | undefined {
  switch (event.key) {
    case "ArrowDown":
    case "j":
      return Math.min(current + 1, count - 1);
    case "ArrowUp":
    case "k":
      return Math.max(current - 1, 0);
    case "PageDown":
      return Math.min(current + 15, count - 1);
    case "PageUp":
      return Math.max(current - 15, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

function isControl(target: EventTarget): boolean {
  return (
    target instanceof Element && target.closest("a, button, input, select, label, [role=menuitem]") !== null
  );
}

/** Somebody marks text to copy it: that is no press on the row. */
function isSelecting(): boolean {
  return (window.getSelection()?.toString() ?? "") !== "";
}
