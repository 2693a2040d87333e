import { useQuery } from "@tanstack/react-query";
import { Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { Duration } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import type { RunPatch } from "../../live/messages.ts";
import type { RunDetail } from "../shared/api-types.ts";
import { RunErrorNote } from "./run-error.tsx";
import { RunPhasesCard } from "./run-phases.tsx";
import { RunProgress } from "./run-progress.tsx";
import { RunTables } from "./run-tables.tsx";

/** A run at one look: how far it is or why it failed, where its time went, what it did to which table. */
export function RunSummary({
  run,
  live,
}: {
  readonly run: RunDetail;
  readonly live: RunPatch | undefined;
}): ReactNode {
  const open = run.status === "running" || run.status === "queued";
  return (
    <div className="space-y-4">
      {open ? <RunProgress run={run} live={live} /> : <RunErrorNote run={run} />}
      <Card title="Run">
        <KeyValue columns items={facts(run)} />
      </Card>
      <RunPhasesCard run={run.id} live={open} />
      <Tables run={run} open={open} />
    </div>
  );
}

function facts(run: RunDetail): readonly (readonly [string, ReactNode])[] {
  return [
    ["Started by", [run.trigger, run.requestedBy].filter(Boolean).join(", ")],
    ["Part", run.partition ?? undefined],
    ["Due", run.dueAt === null ? undefined : <Time key="u" at={run.dueAt} />],
    ["Started", <Time key="s" at={run.startedAt} never="not yet" />],
    ["Ended", run.finishedAt === null ? undefined : <Time key="e" at={run.finishedAt} />],
    ["Took", <Duration key="d" ms={run.durationMs} since={run.startedAt} />],
    ["Waited", run.waitMs === null ? undefined : <Duration key="w" ms={run.waitMs} />],
    ["Attempts", run.maxTries > 1 ? `${String(run.tries)} of ${String(run.maxTries)}` : undefined],
    ["Goes on with", run.continues === null ? undefined : <RunLink key="c" run={run.continues} />],
    [
      "Gone on with by",
      run.continuedBy.length === 0 ? undefined : <RunLinks key="b" runs={run.continuedBy} />,
    ],
    ["Follows", run.parents.length === 0 ? undefined : <RunLinks key="p" runs={run.parents} />],
    ["Followed by", run.children.length === 0 ? undefined : <RunLinks key="f" runs={run.children} />],
    [
      "Backfill",
      run.backfill === null ? undefined : (
        <TextLink key="k" to="/backfills" search={{ pipeline: run.pipeline }}>
          one of its runs
        </TextLink>
      ),
    ],
  ];
}

type Link = RunDetail["parents"][number];

function RunLink({ run }: { readonly run: Link }): ReactNode {
  return (
    <span className="flex items-center gap-2">
      <TextLink to="/runs/$id" params={{ id: run.id }}>
        {run.pipeline}
      </TextLink>
      <Status quiet status={run.status} />
    </span>
  );
}

function RunLinks({ runs }: { readonly runs: readonly Link[] }): ReactNode {
  return runs.map((run) => <RunLink key={run.id} run={run} />);
}

function Tables({ run, open }: { readonly run: RunDetail; readonly open: boolean }): ReactNode {
  const query = useQuery(getQuery("/api/v1/runs/{id}/tables", { path: { id: run.id } }));
  const tables = query.data?.items ?? run.tables;
  return (
    <Card title="Rows of each table" flush>
      {tables.length === 0 ? (
        <EmptyState icon={Table2} title={open ? "No rows yet" : "It wrote no rows"}>
          {open
            ? "Counts show up with the first commit."
            : "Its source had none, or it ended before the first commit."}
        </EmptyState>
      ) : (
        <RunTables tables={tables} />
      )}
      {run.withheld.length > 0 && (
        <div className="border-t border-line px-4 py-3 text-sm">
          <p className="font-medium">Nothing was removed from</p>
          <ul className="mt-1 list-inside list-disc text-muted">
            {run.withheld.map((one) => (
              <li key={one.table}>
                {one.table}: {one.reasons.join(", ")}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  );
}
