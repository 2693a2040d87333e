import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine, ScrollText } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { classNames } from "../../components/class-names.ts";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { SearchInput } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import { useDebounced } from "../shared/use-debounced.ts";
import { LogRow } from "./log-row.tsx";
import { useLog, type Log } from "./use-log.ts";

interface LogViewProps {
  readonly run: string;
  /** From the address. */
  readonly search: string | undefined;
  readonly level: string | undefined;
  readonly onFilter: (filter: { readonly q?: string; readonly level?: string }) => void;
  /** The run goes on: new lines come, and the end is followed at first. */
  readonly live: boolean;
}

const LEVELS = [
  { value: "", label: "All levels" },
  { value: "debug", label: "Debug and above" },
  { value: "info", label: "Info and above" },
  { value: "warn", label: "Warnings and errors" },
  { value: "error", label: "Errors" },
] as const;

/** The log of a run: searched, filtered by level, followed while it grows. */
export function LogView({ run, search, level, onFilter, live }: LogViewProps): ReactNode {
  const known = LEVELS.find((choice) => choice.value === level)?.value ?? "";
  const filter = (q: string, chosen: string): void => {
    onFilter({ ...(q === "" ? {} : { q }), ...(chosen === "" ? {} : { level: chosen }) });
  };
  const [text, setText] = useDebounced(search ?? "", (q) => {
    filter(q, known);
  });
  const log = useLog(run, { search, level: known === "" ? undefined : known });
  const [follow, setFollow] = useState(live);
  return (
    <Card flush>
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <SearchInput
          value={text}
          onChange={setText}
          label="Search the log"
          className="min-w-0 flex-1 basis-48"
        />
        <Select
          label="Level"
          value={known}
          choices={LEVELS}
          onChange={(chosen) => {
            filter(text, chosen);
          }}
        />
        <Button
          icon={ArrowDownToLine}
          aria-pressed={follow}
          kind={follow ? "primary" : "secondary"}
          onClick={() => {
            setFollow(!follow);
          }}
        >
          Follow
        </Button>
      </div>
      {log.error !== null ? (
        <ErrorState error={log.error} title="The log could not be read" onRetry={log.retry} />
      ) : log.loading && log.lines.length === 0 ? (
        <SkeletonRows rows={8} label="Loading the log" />
      ) : log.lines.length === 0 ? (
        <NoLines filtered={search !== undefined || known !== ""} live={live} />
      ) : (
        <Lines log={log} follow={follow} onFollow={setFollow} search={search} live={live} />
      )}
      <p role="status" className="border-t border-line px-4 py-2 text-xs text-muted">
        {formatNumberOf(log.lines.length, "line")}
        {log.hasEarlier && ", there are earlier ones"}
        {live && " · new lines come in by themselves"}
      </p>
    </Card>
  );
}

function NoLines({ filtered, live }: { readonly filtered: boolean; readonly live: boolean }): ReactNode {
  if (filtered)
    return (
      <EmptyState icon={ScrollText} title="No line is like that">
        Search for another text, or choose a lower level.
      </EmptyState>
    );
  return (
    <EmptyState icon={ScrollText} title="Nothing was logged">
      {live ? "Lines show up here as they are written." : "Lines of runs are kept for a limited time."}
    </EmptyState>
  );
}

interface LinesProps {
  readonly log: Log;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly search: string | undefined;
  readonly live: boolean;
}

const LINE = 24;
/** So near to the end counts as at the end. */
const NEAR = 40;

function Lines({ log, follow, onFollow, search, live }: LinesProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const moved = useRef(0);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const { lines } = log;
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => frame.current,
    estimateSize: () => LINE,
    overscan: 20,
    getItemKey: (index) => lines[index]?.id ?? index,
  });
  useEffect(() => {
    if (follow && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [follow, lines, virtual]);
  const byHand = (): void => {
    moved.current = Date.now();
  };
  const onScroll = (): void => {
    const element = frame.current;
    if (element === null || Date.now() - moved.current > 600) return;
    onFollow(element.scrollHeight - element.scrollTop - element.clientHeight < NEAR);
  };
  const earlier = async (): Promise<void> => {
    const count = await log.loadEarlier();
    virtual.scrollToIndex(count, { align: "start" });
  };
  return (
    <div
      ref={frame}
      role="region"
      aria-label="Lines of the log"
      tabIndex={0}
      className={classNames(
        "overflow-auto overscroll-contain focus-visible:-outline-offset-2",
        live ? "h-[min(38rem,65dvh)]" : "max-h-[min(38rem,65dvh)]",
      )}
      onScroll={onScroll}
      onWheel={byHand}
      onTouchMove={byHand}
      onPointerDown={byHand}
      onKeyDown={byHand}
    >
      {log.hasEarlier && (
        <div className="flex justify-center border-b border-line p-2">
          <Button size="small" busy={log.busy} onClick={() => void earlier()}>
            Earlier lines
          </Button>
        </div>
      )}
      <div role="list" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const line = lines[row.index];
          return line === undefined ? null : (
            <div
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              role="listitem"
              aria-setsize={lines.length}
              aria-posinset={row.index + 1}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${String(row.start)}px)` }}
            >
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
          );
        })}
      </div>
    </div>
  );
}
