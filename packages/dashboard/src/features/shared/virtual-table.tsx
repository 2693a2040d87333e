import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { useWidth } from "../../charts/use-width.ts";
import type { Pages } from "./use-pages.ts";

interface VirtualTableProps<Item> {
  readonly label: string;
  readonly pages: Pages<Item>;
  readonly keyOf: (item: Item) => string;
  /** Heights of a row in pixels: where it is one line of columns, and on narrow windows. */
  readonly height: number;
  readonly narrowHeight: number;
  /** Names of the columns, with the class names that place them. Hidden where it is narrow. */
  readonly headings: readonly { readonly name: string; readonly className?: string }[];
  /** Class names that make a row a grid of columns from the width `md` on. */
  readonly columns: string;
  /** Cells of a row: elements with the role `cell`. */
  readonly children: (item: Item) => ReactNode;
}

/** Rows before the last loaded one at which the next page is asked for. */
const AHEAD = 20;
/** Where Tailwind's `md` begins. */
const NARROW = 768;

/** A table along the window, of which only the rows in sight are drawn; it loads the next page before its place comes. */
export function VirtualTable<Item>(props: VirtualTableProps<Item>): ReactNode {
  const { label, pages, keyOf, height, narrowHeight, headings, columns, children } = props;
  const [frame, width] = useWidth<HTMLDivElement>();
  const [top, setTop] = useState(0);
  const narrow = width > 0 && window.innerWidth < NARROW;
  useLayoutEffect(() => {
    setTop((frame.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, [frame, width]);
  const virtual = useWindowVirtualizer({
    count: pages.items.length,
    estimateSize: () => (narrow ? narrowHeight : height),
    overscan: 8,
    scrollMargin: top,
    getItemKey: (index) => {
      const item = pages.items[index];
      return item === undefined ? index : keyOf(item);
    },
  });
  useEffect(() => {
    virtual.measure();
  }, [narrow, virtual]);
  const rows = virtual.getVirtualItems();
  useNextPage(pages, rows.at(-1)?.index ?? 0);
  return (
    <div role="table" aria-label={label} aria-rowcount={pages.hasMore ? -1 : pages.items.length + 1}>
      <div role="rowgroup" className="hidden border-b border-line md:block">
        <div role="row" className={`px-4 py-2 text-xs font-medium text-muted ${columns}`}>
          {headings.map((heading) => (
            <span key={heading.name} role="columnheader" className={heading.className}>
              {heading.name}
            </span>
          ))}
        </div>
      </div>
      <div ref={frame} role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {rows.map((row) => {
          const item = pages.items[row.index];
          if (item === undefined) return null;
          const offset = row.start - virtual.options.scrollMargin;
          return (
            <div
              key={row.key}
              role="row"
              aria-rowindex={row.index + 2}
              className="absolute inset-x-0 border-b border-line hover:bg-hover"
              style={{ height: row.size, transform: `translateY(${String(offset)}px)` }}
            >
              <div role="presentation" className={`h-full px-4 ${columns}`}>
                {children(item)}
              </div>
            </div>
          );
        })}
      </div>
      {pages.busy && (
        <p role="status" className="border-t border-line p-3 text-center text-sm text-muted">
          Loading more…
        </p>
      )}
    </div>
  );
}

function useNextPage(pages: Pages<unknown>, lastShown: number): void {
  const more = useRef(pages.more);
  more.current = pages.more;
  const due = pages.hasMore && lastShown > pages.items.length - AHEAD;
  useEffect(() => {
    if (due) more.current();
  }, [due, pages.items.length]);
}
