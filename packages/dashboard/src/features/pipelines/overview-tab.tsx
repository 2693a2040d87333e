import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { BandChart } from "../../charts/band-chart.tsx";
import { HeatMap } from "../../charts/heat-map.tsx";
import { RunStrip } from "../../charts/run-strip.tsx";
import { Sparkline } from "../../charts/sparkline.tsx";
import { Card } from "../../components/card.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Badge } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatShortCount, formatNumberOf } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";
import { FailureNote } from "../runs/failure-note.tsx";
import { runTick } from "../runs/run-tick.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { PipelineFlow } from "./pipeline-flow.tsx";
import { volumeBands } from "./volume-bands.ts";

interface OverviewTabProps {
  readonly pipeline: PipelineDetail;
  readonly onBackfill: (day: string) => void;
}

/** How a pipeline does at one look. */
export function OverviewTab({ pipeline, onBackfill }: OverviewTabProps): ReactNode {
  return (
    <div className="space-y-4">
      {pipeline.lastRun?.error != null && (
        <FailureNote run={pipeline.lastRun} failures={pipeline.consecutiveFailures} />
      )}
      <Card title="From source to tables">
        <PipelineFlow pipeline={pipeline} />
      </Card>
      <div className="grid gap-4 lg:grid-cols-2">
        <Card title="Now">
          <Facts pipeline={pipeline} />
        </Card>
        <LastRuns pipeline={pipeline} />
        <Volume pipeline={pipeline.name} />
        <Days pipeline={pipeline.name} onBackfill={onBackfill} />
      </div>
    </div>
  );
}

function Facts({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  const last = pipeline.lastRun;
  return (
    <KeyValue
      items={[
        [
          "Last run",
          last === null ? (
            "never"
          ) : (
            <TextLink key="l" to="/runs/$id" params={{ id: last.id }}>
              <Time at={last.startedAt ?? last.queuedAt} />
            </TextLink>
          ),
        ],
        [
          "Took",
          last === null ? undefined : <Duration key="d" ms={last.durationMs} since={last.startedAt} />,
        ],
        ["Last success", <Time key="s" at={pipeline.lastSuccessAt} />],
        [
          "Next run",
          <Time
            key="n"
            at={pipeline.nextRunAt}
            never={pipeline.parents.length > 0 ? `after ${pipeline.parents.join(", ")}` : "not scheduled"}
            zone={pipeline.schedule?.timeZone}
          />,
        ],
        ["Schedule", pipeline.schedule === null ? undefined : pipeline.schedule.text],
        ["Waiting", pipeline.queued === 0 ? undefined : formatNumberOf(pipeline.queued, "run")],
        [
          "Group",
          pipeline.group === null ? undefined : (
            <TextLink key="g" to="/pipelines" search={{ group: pipeline.group }}>
              {pipeline.group}
            </TextLink>
          ),
        ],
        ["Owner", pipeline.owner ?? undefined],
        [
          "Tags",
          pipeline.tags.length === 0 ? undefined : (
            <span key="t" className="flex flex-wrap gap-1">
              {pipeline.tags.map((tag) => (
                <Badge key={tag}>{tag}</Badge>
              ))}
            </span>
          ),
        ],
        [
          "Runs after",
          pipeline.parents.length === 0 ? undefined : <Names key="p" names={pipeline.parents} />,
        ],
        [
          "Then run",
          pipeline.children.length === 0 ? undefined : <Names key="c" names={pipeline.children} />,
        ],
      ]}
    />
  );
}

function Names({ names }: { readonly names: readonly string[] }): ReactNode {
  return (
    <span className="flex flex-wrap gap-x-3">
      {names.map((name) => (
        <TextLink key={name} to="/pipelines/$name" params={{ name }}>
          {name}
        </TextLink>
      ))}
    </span>
  );
}

function LastRuns({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  const navigate = useNavigate();
  const durations = pipeline.strip.map((run) => run.durationMs);
  const rows = pipeline.strip.map((run) => run.rows);
  const done = durations.filter((ms) => ms !== null).toSorted((a, b) => a - b);
  return (
    <Card
      title="Last 30 runs"
      actions={
        <TextLink to="/pipelines/$name" params={{ name: pipeline.name }} search={{ tab: "runs" }}>
          All runs
        </TextLink>
      }
    >
      <div className="space-y-4 overflow-hidden">
        <RunStrip
          runs={pipeline.strip.map(runTick)}
          label="Last runs"
          height={44}
          onOpen={(id) => void navigate({ to: "/runs/$id", params: { id } })}
        />
        <dl className="grid grid-cols-2 gap-4">
          <div>
            <dt className="text-sm text-muted">Duration, usually</dt>
            <dd className="mb-1 font-medium">
              <Duration ms={done[Math.floor(done.length / 2)] ?? null} />
            </dd>
            <dd>
              <Sparkline
                values={durations}
                width={140}
                height={32}
                tone="muted"
                label={`Durations, last ${formatDuration(durations.at(-1) ?? Number.NaN)}`}
              />
            </dd>
          </div>
          <div>
            <dt className="text-sm text-muted">Rows changed, last</dt>
            <dd className="mb-1 font-medium">
              <Count value={rows.at(-1) ?? null} short />
            </dd>
            <dd>
              <Sparkline
                values={rows}
                width={140}
                height={32}
                kind="bars"
                label={`Rows changed, last ${formatShortCount(rows.at(-1) ?? 0)}`}
              />
            </dd>
          </div>
        </dl>
      </div>
    </Card>
  );
}

function Volume({ pipeline }: { readonly pipeline: string }): ReactNode {
  const navigate = useNavigate();
  const query = useQuery(getQuery("/api/v1/overview/volume", { query: { pipeline, points: 60, limit: 6 } }));
  if (query.isPending)
    return (
      <Card title="Rows per run">
        <Skeleton className="h-30 w-full" />
      </Card>
    );
  if (query.data === undefined || query.data.items.length === 0) return null;
  return (
    <Card
      title="Rows inserted per run"
      note="Upon what is usual on that weekday; red squares are outside of it."
    >
      <div className="space-y-3">
        {query.data.items.map((item) => (
          <div key={item.table}>
            <p className="mb-1 truncate text-sm font-medium">
              <TextLink to="/data/$table" params={{ table: item.table }}>
                {item.table}
              </TextLink>
            </p>
            <BandChart
              points={volumeBands(item)}
              label={`Rows inserted into ${item.table}`}
              format={formatShortCount}
              height={96}
              onOpen={(id) => void navigate({ to: "/runs/$id", params: { id } })}
            />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Days({ pipeline, onBackfill }: OverviewDaysProps): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/calendar", { query: { pipeline, days: 182 } }));
  if (query.isPending)
    return (
      <Card title="Calendar">
        <Skeleton className="h-30 w-full" />
      </Card>
    );
  if (query.data === undefined) return null;
  const days = query.data.items.map((day) => ({
    date: day.day,
    value: day.succeeded + day.failed + day.stopped,
    bad: day.failed > 0,
    label: `${day.day}: ${String(day.succeeded)} succeeded, ${String(day.failed)} failed, ${String(day.stopped)} stopped`,
  }));
  return (
    <Card title="Calendar" note="Runs per day; a cross marks failures. Choose a day to backfill it.">
      <HeatMap
        from={query.data.from}
        to={query.data.to}
        days={days}
        label="Runs per day"
        onOpen={onBackfill}
      />
    </Card>
  );
}

interface OverviewDaysProps {
  readonly pipeline: string;
  readonly onBackfill: (day: string) => void;
}
