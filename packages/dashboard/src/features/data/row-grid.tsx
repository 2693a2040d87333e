import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, KeyRound } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { classNames } from "../../components/class-names.ts";
import type { TableColumn } from "../shared/api-types.ts";
import { cellText, isNumeric } from "./cell-text.ts";
import type { RowSort } from "./row-filters.ts";
import type { Rows } from "./use-rows.ts";

interface RowGridProps {
  readonly label: string;
  readonly rows: Rows;
  readonly hidden: ReadonlySet<string>;
  readonly sort: RowSort | undefined;
  readonly onSort: (column: string) => void;
  readonly onOpen: (row: readonly unknown[]) => void;
  /** The row whose details are shown. */
  readonly isOpen: (row: readonly unknown[]) => boolean;
}

const ROW = 33;
/** Height of the headings, which stay in sight. */
const HEAD = 45;
const CHARACTER = 7.4;
const AHEAD = 40;

/**
 * Rows of a table, of which only those in sight are drawn. Arrows, Page up and down, Home and End go from row to row, Enter
 * opens one; the next page is loaded before its place comes.
 */
export function RowGrid({ label, rows, hidden, sort, onSort, onOpen, isOpen }: RowGridProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const shown = useMemo(
    () => rows.columns.flatMap((column, index) => (hidden.has(column.name) ? [] : [{ column, index }])),
    [rows.columns, hidden],
  );
  const widths = useWidths(rows);
  const template = shown.map(({ index }) => `${String(widths[index] ?? 120)}px`).join(" ");
  const virtual = useVirtualizer({
    count: rows.rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 12,
    scrollMargin: HEAD,
    scrollPaddingStart: HEAD,
  });
  const items = virtual.getVirtualItems();
  useMore(rows, items.at(-1)?.index ?? 0);
  const go = (to: number): void => {
    const next = Math.max(0, Math.min(rows.rows.length - 1, to));
    setActive(next);
    virtual.scrollToIndex(next, { align: "auto" });
    requestAnimationFrame(() =>
      frame.current
        ?.querySelector<HTMLElement>(`[data-row="${String(next)}"]`)
        ?.focus({ preventScroll: true }),
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? ROW) / ROW) - 2);
    const step = STEPS[event.key]?.(active, page, rows.rows.length - 1);
    if (step !== undefined) go(step);
    else if (event.key === "Enter" && event.target !== event.currentTarget) {
      const row = rows.rows[active];
      if (row === undefined || (event.target as HTMLElement).closest('[role="columnheader"]') !== null)
        return;
      onOpen(row);
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={frame}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.hasMore ? -1 : rows.rows.length + 1}
      aria-colcount={shown.length}
      aria-busy={rows.changing}
      className={classNames(
        "h-[min(44rem,68dvh)] overflow-auto overscroll-contain text-sm",
        rows.changing && "opacity-60",
      )}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="sticky top-0 z-10 w-max min-w-full">
        <div
          role="row"
          aria-rowindex={1}
          className="grid border-b border-line bg-sunken"
          style={{ gridTemplateColumns: template }}
        >
          {shown.map(({ column }) => (
            <Heading key={column.name} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative w-max min-w-full" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows.rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              role="row"
              data-row={item.index}
              aria-rowindex={item.index + 2}
              aria-selected={isOpen(row)}
              tabIndex={
                item.index === active || (item === items[0] && !items.some((one) => one.index === active))
                  ? 0
                  : -1
              }
              className={classNames(
                "absolute top-0 left-0 grid min-w-full cursor-pointer border-b border-line/60 focus-visible:-outline-offset-2",
                isOpen(row) ? "bg-accent-soft" : "hover:bg-hover",
              )}
              style={{
                gridTemplateColumns: template,
                height: ROW,
                transform: `translateY(${String(item.start - HEAD)}px)`,
              }}
              onClick={() => {
                setActive(item.index);
                onOpen(row);
              }}
              onFocus={() => {
                setActive(item.index);
              }}
            >
              {shown.map(({ column, index }) => (
                <Cell key={column.name} column={column} value={row[index]} />
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const STEPS: Readonly<Record<string, (at: number, page: number, last: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at, page) => at + page,
  PageUp: (at, page) => at - page,
  Home: () => 0,
  End: (_, __, last) => last,
};

function Heading(props: {
  readonly column: TableColumn;
  readonly sort: RowSort | undefined;
  readonly onSort: (column: string) => void;
}): ReactNode {
  const { column, sort, onSort } = props;
  const sorted = sort?.column === column.name ? (sort.descending ? "descending" : "ascending") : "none";
  return (
    <div role="columnheader" aria-sort={sorted} className="min-w-0">
      <button
        type="button"
        title={`${column.name}: ${column.type}`}
        onClick={() => {
          onSort(column.name);
        }}
        className={classNames(
          "flex h-11 w-full min-w-0 flex-col justify-center px-3 hover:bg-hover focus-visible:-outline-offset-2",
          isNumeric(column.type) ? "items-end text-right" : "items-start text-left",
        )}
      >
        <span className="flex max-w-full items-center gap-1 font-medium">
          {column.key && <KeyRound aria-label="key" className="size-3 shrink-0 text-muted" />}
          <span className={classNames("truncate", column.own && "font-normal text-muted")}>
            {column.name}
          </span>
          {sorted === "ascending" && <ArrowUp aria-hidden className="size-3.5 shrink-0 text-accent" />}
          {sorted === "descending" && <ArrowDown aria-hidden className="size-3.5 shrink-0 text-accent" />}
        </span>
        <span className="max-w-full truncate text-xs font-normal text-muted">{column.type}</span>
      </button>
    </div>
  );
}

function Cell({ column, value }: { readonly column: TableColumn; readonly value: unknown }): ReactNode {
  const none = value === null || value === undefined;
  return (
    <div
      role="gridcell"
      dir="auto"
      className={classNames(
        "min-w-0 truncate px-3 leading-8",
        isNumeric(column.type) && "text-right",
        (column.own || none) && "text-muted",
      )}
    >
      {none ? <span className="text-faint italic">null</span> : cellText(value)}
    </div>
  );
}

/** Widths by what the first rows hold; they stay as they are while further pages come, so that nothing jumps. */
function useWidths(rows: Rows): readonly number[] {
  const kept = useRef<{ readonly names: string; readonly widths: readonly number[] }>(undefined);
  const names = rows.columns.map((column) => column.name).join("\n");
  if (
    kept.current?.names !== names ||
    (kept.current.widths.length > 0 && rows.rows.length > 0 && rows.rows.length <= 200 && !rows.changing)
  ) {
    const sample = rows.rows.slice(0, 60);
    const widths = rows.columns.map((column, index) => {
      const longest = Math.max(
        column.name.length + 4,
        column.type.length,
        ...sample.map((row) => cellText(row[index]).length),
      );
      return Math.round(Math.max(84, Math.min(340, longest * CHARACTER + 26)));
    });
    kept.current = { names, widths };
  }
  return kept.current?.widths ?? [];
}

function useMore(rows: Rows, lastShown: number): void {
  const more = useRef(rows.more);
  more.current = rows.more;
  const due = rows.hasMore && lastShown > rows.rows.length - AHEAD;
  useEffect(() => {
    if (due) more.current();
  }, [due, rows.rows.length]);
}
