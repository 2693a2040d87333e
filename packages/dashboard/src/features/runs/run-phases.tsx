import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Gantt, type GanttRow, type GanttSpan } from "../../charts/gantt.tsx";
import { Card } from "../../components/card.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { useNow } from "../../components/now.ts";
import { Skeleton } from "../../components/skeleton.tsx";
import { formatCount, formatNumberOf } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";
import { formatClock } from "../../format/format-time.ts";
import type { RunPhases as Phases } from "../shared/api-types.ts";

/** Where the time of a run went. */
export function RunPhasesCard({ run, live }: { readonly run: string; readonly live: boolean }): ReactNode {
  const query = useQuery(getQuery("/api/v1/runs/{id}/phases", { path: { id: run } }));
  return (
    <Card title="Where the time went" note={noteOf(query.data)}>
      {query.isPending ? (
        <Skeleton className="h-32 w-full" />
      ) : query.error !== null ? (
        <ErrorState small error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <p className="text-muted">Nothing is recorded of it yet.</p>
      ) : live ? (
        <LivePhases phases={query.data} />
      ) : (
        <PhasesGantt phases={query.data} now={undefined} />
      )}
    </Card>
  );
}

function noteOf(phases: Phases | undefined): string | undefined {
  if (phases === undefined || phases.omittedCommits === 0) return undefined;
  return `${formatNumberOf(phases.omittedCommits, "commit is", "commits are")} not drawn: there are too many.`;
}

/** Bars that go on grow with the clock. */
function LivePhases({ phases }: { readonly phases: Phases }): ReactNode {
  return <PhasesGantt phases={phases} now={useNow(1_000)} />;
}

function PhasesGantt({
  phases,
  now,
}: {
  readonly phases: Phases;
  readonly now: number | undefined;
}): ReactNode {
  const from = Date.parse(phases.startedAt);
  const ends = phases.items.map((phase) => (phase.endedAt === null ? (now ?? 0) : Date.parse(phase.endedAt)));
  const to = Math.max(from + 100, ...ends, phases.endedAt === null ? 0 : Date.parse(phases.endedAt));
  return (
    <Gantt
      label="Phases of the run"
      rows={rowsOf(phases, to)}
      from={from}
      to={to}
      {...(now === undefined ? {} : { now })}
      relative={to - from < SHORT}
      formatTick={(at) => (to - from < SHORT ? `+${formatDuration(at - from)}` : formatClock(at))}
    />
  );
}

/** Runs below this are told from their beginning on, in milliseconds. */
const SHORT = 60_000;

const ROWS = [
  { id: "wait", label: "Waiting", kinds: ["waiting", "queued", "retry-wait"] },
  { id: "start", label: "Starting", kinds: ["starting"] },
  { id: "attempt", label: "Working", kinds: ["attempt"] },
  { id: "commit", label: "Commits", kinds: ["commit"] },
] as const;

function rowsOf(phases: Phases, end: number): readonly GanttRow[] {
  return ROWS.map((row) => ({
    id: row.id,
    label: row.label,
    spans: phases.items.flatMap((phase, index) =>
      (row.kinds as readonly string[]).includes(phase.kind) ? [spanOf(phase, index, end)] : [],
    ),
  })).filter((row) => row.spans.length > 0);
}

function spanOf(phase: Phases["items"][number], index: number, end: number): GanttSpan {
  const rows =
    phase.rows === null
      ? ""
      : `, ${formatCount(phase.rows.inserted)} inserted, ${formatCount(phase.rows.updated)} updated, ${formatCount(phase.rows.removed)} removed`;
  const outcome = phase.outcome === null ? "" : `, ${phase.outcome}`;
  const waits = phase.kind === "waiting" || phase.kind === "queued" || phase.kind === "retry-wait";
  return {
    id: `${phase.kind}${String(index)}`,
    start: Date.parse(phase.startedAt),
    end: phase.endedAt === null ? end : Date.parse(phase.endedAt),
    status:
      phase.outcome ??
      (phase.endedAt === null
        ? "running"
        : waits
          ? "waiting"
          : phase.kind === "commit"
            ? "succeeded"
            : "stopped"),
    text: phase.label,
    label: `${phase.label}: ${formatDuration(phase.durationMs)}${outcome}${rows}${phase.error === null ? "" : `, ${phase.error.message}`}`,
  };
}
