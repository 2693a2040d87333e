import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ScrollText } from "lucide-react";
import { useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { LogRow } from "../runs/log-row.tsx";
import type { LogLine } from "../shared/api-types.ts";
import { usePages } from "../shared/use-pages.ts";
import type { LogLevel } from "./log-levels.ts";
import { mergeNewest } from "./merge-newest.ts";
import { useLiveLines } from "./use-live-lines.ts";

interface AllLinesProps {
  readonly search: string;
  readonly level: LogLevel | undefined;
  readonly pipeline: string;
  /** Lines of runs that go on are put at the head as they come. */
  readonly live: boolean;
}

const PAGE = 200;
const LINE = 25;

/** Lines of all runs, newest first: only those in sight are drawn. */
export function AllLines({ search, level, pipeline, live }: AllLinesProps): ReactNode {
  const pages = usePages("/api/v1/logs", {
    query: {
      limit: PAGE,
      ...(search === "" ? {} : { search }),
      ...(level === undefined ? {} : { level }),
      ...(pipeline === "" ? {} : { pipeline }),
    },
  });
  const fresh = useLiveLines({ on: live, search, level, pipeline });
  const lines = useMemo(() => mergeNewest(fresh, pages.items), [fresh, pages.items]);
  if (pages.error !== null && lines.length === 0) {
    return <ErrorState error={pages.error} title="The log could not be read" onRetry={pages.retry} />;
  }
  if (pages.loading && lines.length === 0) return <SkeletonRows rows={14} label="Loading the log" />;
  if (lines.length === 0 && !pages.hasMore) {
    return <NoLines filtered={search !== "" || level !== undefined || pipeline !== ""} />;
  }
  return (
    <>
      <Lines lines={lines} search={search} />
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="older lines" />
    </>
  );
}

function NoLines({ filtered }: { readonly filtered: boolean }): ReactNode {
  return (
    <EmptyState icon={ScrollText} title={filtered ? "No line is like that" : "Nothing was logged yet"}>
      {filtered
        ? "Search for another text, or choose a lower level."
        : "Lines show up here as soon as something runs."}
    </EmptyState>
  );
}

function Lines({
  lines,
  search,
}: {
  readonly lines: readonly LogLine[];
  readonly search: string;
}): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  useLayoutEffect(() => {
    setTop((frame.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: lines.length,
    estimateSize: () => LINE,
    overscan: 20,
    scrollMargin: top,
    getItemKey: (index) => lines[index]?.id ?? index,
  });
  return (
    <div
      ref={frame}
      role="list"
      aria-label="Lines of the log"
      className="relative"
      style={{ height: virtual.getTotalSize() }}
    >
      {virtual.getVirtualItems().map((row) => {
        const line = lines[row.index];
        if (line === undefined) return null;
        return (
          <div
            key={row.key}
            ref={virtual.measureElement}
            data-index={row.index}
            role="listitem"
            aria-setsize={-1}
            aria-posinset={row.index + 1}
            className="absolute inset-x-0 top-0 flex flex-col md:flex-row md:items-start"
            style={{ transform: `translateY(${row.start - top}px)` }}
          >
            <Origin line={line} />
            <div className="min-w-0 flex-1">
              <LogRow
                line={line}
                search={search}
                open={open.has(line.id)}
                onToggle={() => {
                  const next = new Set(open);
                  if (!next.delete(line.id)) next.add(line.id);
                  setOpen(next);
                }}
              />
            </div>
          </div>
        );
      })}
    </div>
  );
}

/** Where a line comes from: its run, or the part of Millrace. */
function Origin({ line }: { readonly line: LogLine }): ReactNode {
  const name = line.pipeline ?? line.logger ?? line.worker ?? "Millrace";
  return (
    <span className="truncate px-4 text-xs leading-6 md:w-44 md:shrink-0 md:pr-0" title={name} dir="auto">
      {line.run === null ? (
        <span className="text-muted">{name}</span>
      ) : (
        <TextLink
          to="/runs/$id"
          params={{ id: line.run }}
          search={{ tab: "logs" }}
          className="inline-block h-6 max-w-full truncate"
        >
          {name}
        </TextLink>
      )}
    </span>
  );
}
