import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { Status } from "../components/status.tsx";
import { Tabs } from "../components/tabs.tsx";
import { TextLink } from "../components/text-link.tsx";
import { LogView } from "../features/runs/log-view.tsx";
import { RunActions } from "../features/runs/run-actions.tsx";
import { RunCompare } from "../features/runs/run-compare.tsx";
import { RunDetails } from "../features/runs/run-details.tsx";
import { RunEvents } from "../features/runs/run-events.tsx";
import { RunObjects } from "../features/runs/run-objects.tsx";
import { RunSummary } from "../features/runs/run-summary.tsx";
import { useLiveRun } from "../features/runs/use-live-run.ts";
import type { RunDetail } from "../features/shared/api-types.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { PagePending } from "../layout/page-pending.tsx";

/** One run: how it goes or went, and why. */
export function RunPage(): ReactNode {
  const { id } = useParams({ from: "/shell/runs/$id" });
  const query = useQuery(getQuery("/api/v1/runs/{id}", { path: { id } }));
  if (query.data !== undefined) return <Detail key={id} run={query.data} />;
  if (query.error === null) return <PagePending />;
  return (
    <>
      <PageHeader title="Run" above={<TextLink to="/runs">Runs</TextLink>} />
      <Card>
        <ErrorState
          error={query.error}
          title="The run could not be loaded"
          onRetry={() => void query.refetch()}
        />
      </Card>
    </>
  );
}

function Detail({ run }: { readonly run: RunDetail }): ReactNode {
  const search = useSearch({ from: "/shell/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const live = useLiveRun(run.id);
  const open = run.status === "running" || run.status === "queued";
  const show = (tab: string): void => {
    void navigate({ search: tab === "summary" ? {} : { tab }, replace: true });
  };
  return (
    <>
      <PageHeader
        title={`Run of ${run.pipeline}`}
        above={<RunPath run={run} />}
        status={<Status status={run.status} />}
        actions={<RunActions run={run} />}
      />
      <Tabs
        label="Parts of the run"
        value={search.tab ?? "summary"}
        onChange={show}
        tabs={[
          { id: "summary", label: "Summary", content: () => <RunSummary run={run} live={live} /> },
          {
            id: "logs",
            label: "Log",
            content: () => (
              <LogView
                run={run.id}
                live={open}
                search={search.q}
                level={search.level}
                onFilter={(filter) => void navigate({ search: { tab: "logs", ...filter }, replace: true })}
              />
            ),
          },
          { id: "compare", label: "What changed", content: () => <RunCompare run={run.id} /> },
          { id: "events", label: "Events", content: () => <RunEvents run={run.id} /> },
          { id: "objects", label: "Files, objects, functions", content: () => <RunObjects run={run.id} /> },
          { id: "details", label: "Parameters and resources", content: () => <RunDetails run={run} /> },
        ]}
      />
    </>
  );
}

function RunPath({ run }: { readonly run: RunDetail }): ReactNode {
  return (
    <nav aria-label="Where this is">
      <ol className="flex flex-wrap items-center gap-x-2 [&>li+li]:before:mr-2 [&>li+li]:before:text-faint [&>li+li]:before:content-['/']">
        <li>
          <TextLink to="/pipelines/$name" params={{ name: run.pipeline }}>
            {run.pipeline}
          </TextLink>
        </li>
        <li>
          <TextLink to="/pipelines/$name" params={{ name: run.pipeline }} search={{ tab: "runs" }}>
            Runs
          </TextLink>
        </li>
        <li>
          <code className="font-mono">{run.id.slice(0, 13)}</code>
        </li>
      </ol>
    </nav>
  );
}
