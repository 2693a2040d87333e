import { CirclePlay } from "lucide-react";
import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Duration } from "../../components/quantity.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import type { RunItem } from "../shared/api-types.ts";
import type { Pages } from "../shared/use-pages.ts";
import { VirtualTable } from "../shared/virtual-table.tsx";
import { RowCountsText } from "./row-counts-text.tsx";

interface RunListProps {
  readonly pages: Pages<RunItem>;
  /** All runs are of one pipeline: its name is left out. */
  readonly single?: boolean;
  /** Stands where there are no runs. */
  readonly empty: ReactNode;
}

const COLUMNS =
  "grid grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-4 gap-y-1 md:grid-cols-[8rem_minmax(0,1.2fr)_minmax(0,1.6fr)_6.5rem_5.5rem]";
const HEADINGS = [
  { name: "State" },
  { name: "Run" },
  { name: "What came of it" },
  { name: "Started", className: "text-right" },
  { name: "Took", className: "text-right" },
];

/** Runs, newest first, as many as there are: only those in sight are drawn. */
export function RunList({ pages, single = false, empty }: RunListProps): ReactNode {
  return (
    <Card flush>
      {pages.error !== null && pages.items.length === 0 ? (
        <ErrorState error={pages.error} title="The runs could not be loaded" onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={8} label="Loading the runs" />
      ) : pages.items.length === 0 ? (
        <EmptyState icon={CirclePlay} title="No runs">
          {empty}
        </EmptyState>
      ) : (
        <VirtualTable
          label="Runs"
          pages={pages}
          keyOf={(run) => run.id}
          height={56}
          narrowHeight={104}
          headings={HEADINGS}
          columns={COLUMNS}
        >
          {(run) => <Cells run={run} single={single} />}
        </VirtualTable>
      )}
    </Card>
  );
}

function Cells({ run, single }: { readonly run: RunItem; readonly single: boolean }): ReactNode {
  const trigger = [run.trigger, run.partition].filter(Boolean).join(" · ");
  return (
    <>
      <div role="cell" className="order-2 md:order-none">
        <Status status={run.status} />
      </div>
      <div role="cell" className="order-1 min-w-0 md:order-none">
        <TextLink to="/runs/$id" params={{ id: run.id }} className="block truncate font-medium text-ink!">
          {single ? (
            <span className="font-mono text-sm">{run.id.slice(0, 13)}</span>
          ) : (
            <bdi>{run.pipeline}</bdi>
          )}
        </TextLink>
        <p className="truncate text-sm text-muted">{trigger}</p>
      </div>
      <div role="cell" className="order-3 col-span-2 min-w-0 md:order-none md:col-span-1">
        {run.error === null ? (
          <RowCountsText rows={run.rows} />
        ) : (
          <p className="truncate text-sm text-failed" title={run.error.message} dir="auto">
            {run.error.message}
          </p>
        )}
      </div>
      <div role="cell" className="order-4 text-sm md:order-none md:text-right">
        <Time at={run.startedAt ?? run.queuedAt} never="not yet" />
      </div>
      <div role="cell" className="order-5 justify-self-end text-sm md:order-none md:text-right">
        <Duration ms={run.durationMs} since={run.startedAt} />
      </div>
    </>
  );
}
