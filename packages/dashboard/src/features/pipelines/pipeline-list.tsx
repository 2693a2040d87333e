import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { RunStrip } from "../../charts/run-strip.tsx";
import { Sparkline } from "../../charts/sparkline.tsx";
import { Duration } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatShortCount } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";
import { runTick } from "../runs/run-tick.tsx";
import type { PipelineItem } from "../shared/api-types.ts";
import type { Pages } from "../shared/use-pages.ts";
import { VirtualTable } from "../shared/virtual-table.tsx";
import { pipelineStatus } from "./pipeline-status.ts";

const COLUMNS =
  "grid grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-4 gap-y-2 md:grid-cols-[minmax(0,1fr)_7.5rem_11.5rem_6rem_6rem] xl:grid-cols-[minmax(0,1fr)_7.25rem_11.25rem_4.5rem_4.5rem_5rem_5.5rem]";
const HEADINGS = [
  { name: "Pipeline" },
  { name: "State" },
  { name: "Last 30 runs" },
  { name: "Duration", className: "hidden xl:block" },
  { name: "Rows", className: "hidden xl:block" },
  { name: "Last run", className: "text-right" },
  { name: "Next run", className: "text-right" },
];

/** Pipelines with their last runs, of which only those in sight are drawn. */
export function PipelineList({ pages }: { readonly pages: Pages<PipelineItem> }): ReactNode {
  return (
    <VirtualTable
      label="Pipelines"
      pages={pages}
      keyOf={(item) => item.name}
      height={60}
      narrowHeight={128}
      headings={HEADINGS}
      columns={COLUMNS}
    >
      {(item) => <Cells item={item} />}
    </VirtualTable>
  );
}

function Cells({ item }: { readonly item: PipelineItem }): ReactNode {
  const navigate = useNavigate();
  const durations = item.strip.map((run) => run.durationMs);
  const changed = item.strip.map((run) => run.rows);
  const last = item.lastRun;
  return (
    <>
      <div role="cell" className="min-w-0">
        <TextLink
          to="/pipelines/$name"
          params={{ name: item.name }}
          title={item.name}
          className="block truncate font-medium text-ink!"
        >
          <bdi>{item.name}</bdi>
        </TextLink>
        <p className="truncate text-sm text-muted" dir="auto" title={item.description ?? undefined}>
          {[item.group, item.description ?? item.source].filter(Boolean).join(" · ") || "No description"}
        </p>
      </div>
      <div role="cell" className="justify-self-end md:justify-self-start">
        <Status status={pipelineStatus(item)} />
      </div>
      <div role="cell" className="col-span-2 overflow-hidden md:col-span-1 md:overflow-visible">
        <RunStrip
          runs={item.strip.map(runTick)}
          label={`Last runs of ${item.name}`}
          onOpen={(id) => void navigate({ to: "/runs/$id", params: { id } })}
        />
      </div>
      <div role="cell" className="hidden xl:block">
        <Sparkline
          values={durations}
          label={`Durations of ${item.name}, last ${formatDuration(durations.at(-1) ?? Number.NaN)}`}
          tone="muted"
          width={72}
        />
      </div>
      <div role="cell" className="hidden xl:block">
        <Sparkline
          values={changed}
          kind="bars"
          width={72}
          label={`Rows changed by ${item.name}, last ${formatShortCount(changed.at(-1) ?? 0)}`}
        />
      </div>
      <div role="cell" className="text-sm md:text-right">
        <span className="text-muted md:hidden">Last </span>
        <Time at={last?.startedAt ?? last?.queuedAt} never="–" zone={item.schedule?.timeZone} />
        {last !== null && (
          <span className="ml-2 text-muted md:ml-0 md:block">
            <Duration ms={last.durationMs} since={last.finishedAt === null ? last.startedAt : null} />
          </span>
        )}
      </div>
      <div role="cell" className="justify-self-end text-sm md:text-right">
        <span className="text-muted md:hidden">Next </span>
        <Time at={item.nextRunAt} never={nextWords(item)} zone={item.schedule?.timeZone} />
      </div>
    </>
  );
}

/** Why nothing is going to start by itself. */
function nextWords(item: PipelineItem): string {
  if (item.state !== "enabled") return item.state;
  return item.parents.length > 0 ? `after ${item.parents[0] ?? "its parent"}` : "by hand";
}
