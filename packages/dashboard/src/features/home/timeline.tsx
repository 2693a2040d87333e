import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Gantt, type GanttRow, type GanttSpan } from "../../charts/gantt.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { statusLook } from "../../components/status.tsx";
import { formatDuration } from "../../format/format-duration.ts";
import { formatClock } from "../../format/format-time.ts";
import { LoadBars } from "./load-bars.tsx";

type Answered = Answer<"/api/v1/overview/timeline">;
type Lane = Answered["items"][number];

const LANES = 12;

/** The past and the coming six hours: what ran, what waited, what overlaps, what comes. */
export function Timeline({ className }: { readonly className?: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/timeline", { query: { limit: LANES } }));
  return (
    <Card
      {...(className === undefined ? {} : { className })}
      title="Past and next 6 hours"
      note="Hollow bars wait or are to come."
    >
      <QueryView query={query} what="The timeline" loading={<Skeleton className="h-96 w-full" />}>
        {(timeline) =>
          timeline.items.length === 0 ? (
            <EmptyState icon={CalendarClock} title="Nothing ran and nothing is planned">
              Give a pipeline a schedule, or run one by hand.
            </EmptyState>
          ) : (
            <Drawing timeline={timeline} />
          )
        }
      </QueryView>
    </Card>
  );
}

function Drawing({ timeline }: { readonly timeline: Answered }): ReactNode {
  const navigate = useNavigate();
  const now = Date.parse(timeline.now);
  const rows = useMemo(() => timeline.items.map((lane) => row(lane, now)), [timeline, now]);
  const [from, to] = [Date.parse(timeline.from), Date.parse(timeline.to)];
  const open = (span: GanttSpan, { id }: GanttRow): void => {
    if (span.id.startsWith(FIRE))
      void navigate({ to: "/pipelines/$name", params: { name: id }, search: { tab: "schedule" } });
    else void navigate({ to: "/runs/$id", params: { id: span.id.replace(WAIT, "") } });
  };
  return (
    <div className="space-y-3">
      <LoadBars timeline={timeline} />
      <Gantt
        rows={rows}
        from={from}
        to={to}
        now={now}
        label="Runs of the past and the coming 6 hours"
        formatTick={(at) => formatClock(at).slice(0, 5)}
        onOpen={open}
      />
    </div>
  );
}

const FIRE = "fire:";
const WAIT = /^wait:/;
/** Waiting for less than this is not worth a bar. */
const WORTH_MS = 5_000;
/** What is known to come, but not for how long, is drawn this long. */
const UNKNOWN_MS = 60_000;

function row(lane: Lane, now: number): GanttRow {
  const spans: GanttSpan[] = [];
  for (const run of lane.runs) {
    if (run.waitMs !== null && run.waitMs >= WORTH_MS && run.startedAt !== null)
      spans.push(waiting(lane, run));
    spans.push(running(lane, run, now));
  }
  for (const fire of lane.fires) {
    const start = Date.parse(fire.dueAt);
    const end = fire.expectedEndAt === null ? start + UNKNOWN_MS : Date.parse(fire.expectedEndAt);
    spans.push({
      id: `${FIRE}${fire.dueAt}`,
      start,
      end,
      status: "planned",
      label: `${lane.pipeline}, planned for ${formatClock(start)}${fire.overlaps ? ", probably while the run before it goes on" : ""}`,
    });
  }
  return { id: lane.pipeline, label: lane.pipeline, spans };
}

function waiting(lane: Lane, run: Lane["runs"][number]): GanttSpan {
  const end = Date.parse(run.startedAt ?? "");
  return {
    id: `wait:${run.id}`,
    start: end - (run.waitMs ?? 0),
    end,
    status: "queued",
    label: `${lane.pipeline} waited for ${formatDuration(run.waitMs ?? 0)}`,
  };
}

function running(lane: Lane, run: Lane["runs"][number], now: number): GanttSpan {
  const start = Date.parse(run.startedAt ?? run.queuedAt ?? run.dueAt ?? "") || now;
  const end = run.finishedAt === null ? now : Date.parse(run.finishedAt);
  const overlap = run.overlaps ? ", it was due while the run before it went on" : "";
  return {
    id: run.id,
    start,
    end,
    status: run.status,
    label: `${lane.pipeline} ${statusLook(run.status).label.toLowerCase()}, ${formatClock(start)}, ${formatDuration(end - start)}${overlap}`,
  };
}
