import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Badge, Status } from "../components/status.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { Tabs } from "../components/tabs.tsx";
import { TextLink } from "../components/text-link.tsx";
import { AlertsTab } from "../features/pipelines/alerts-tab.tsx";
import { CodeTab } from "../features/pipelines/code-tab.tsx";
import { OverviewTab } from "../features/pipelines/overview-tab.tsx";
import { ParametersTab } from "../features/pipelines/parameters-tab.tsx";
import { PipelineActions } from "../features/pipelines/pipeline-actions.tsx";
import { pipelineStatus } from "../features/pipelines/pipeline-status.ts";
import { RunsTab } from "../features/pipelines/runs-tab.tsx";
import { ScheduleTab } from "../features/pipelines/schedule-tab.tsx";
import { SettingsTab } from "../features/pipelines/settings-tab.tsx";
import { TablesTab } from "../features/pipelines/tables-tab.tsx";
import type { PipelineDetail } from "../features/shared/api-types.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { PagePending } from "../layout/page-pending.tsx";
import { useLivePipeline } from "../features/pipelines/use-live-pipeline.ts";

/** One pipeline: how it does, what it is, and what can be done with it. */
export function PipelinePage(): ReactNode {
  const { name } = useParams({ from: "/shell/pipelines/$name" });
  useLivePipeline(name);
  const query = useQuery(getQuery("/api/v1/pipelines/{name}", { path: { name } }));
  if (query.data !== undefined) return <Detail pipeline={query.data} />;
  if (query.error !== null)
    return (
      <>
        <PageHeader title={name} above={<TextLink to="/pipelines">Pipelines</TextLink>} />
        <ErrorState
          error={query.error}
          title="The pipeline could not be loaded"
          onRetry={() => void query.refetch()}
        />
      </>
    );
  return <PagePending />;
}

function Detail({ pipeline }: { readonly pipeline: PipelineDetail }): ReactNode {
  const search = useSearch({ from: "/shell/pipelines/$name" });
  const navigate = useNavigate({ from: "/pipelines/$name" });
  const show = (tab: string): void => {
    void navigate({ search: tab === "overview" ? {} : { tab }, replace: true });
  };
  const ask = (action: string | undefined): void => {
    const tab = search.tab === undefined ? {} : { tab: search.tab };
    void navigate({ search: action === undefined ? tab : { ...tab, action }, replace: true });
  };
  const { name } = pipeline;
  return (
    <>
      <PageHeader
        title={name}
        above={<TextLink to="/pipelines">Pipelines</TextLink>}
        status={
          <>
            <Status status={pipelineStatus(pipeline)} />
            {pipeline.state !== "enabled" && pipeline.running > 0 && (
              <Badge tone="paused">{pipeline.state}</Badge>
            )}
          </>
        }
        description={pipeline.description ?? undefined}
        actions={<PipelineActions pipeline={pipeline} asked={search.action} onAsk={ask} />}
      />
      <Tabs
        label="Parts of the pipeline"
        value={search.tab ?? "overview"}
        onChange={show}
        tabs={[
          {
            id: "overview",
            label: "Overview",
            content: () => (
              <OverviewTab
                pipeline={pipeline}
                onBackfill={(day) => {
                  ask(`backfill:${day}`);
                }}
              />
            ),
          },
          { id: "runs", label: "Runs", content: () => <RunsTab pipeline={name} /> },
          { id: "schedule", label: "Schedule", content: () => <ScheduleTab pipeline={pipeline} /> },
          {
            id: "parameters",
            label: "Parameters",
            content: () => (
              <ParametersTab
                pipeline={pipeline}
                onRun={() => {
                  ask("run");
                }}
              />
            ),
          },
          { id: "tables", label: "Tables", content: () => <TablesTab pipeline={pipeline} /> },
          { id: "code", label: "Code and version", content: () => <CodeTab pipeline={pipeline} /> },
          { id: "alerts", label: "Quality and alerts", content: () => <AlertsTab pipeline={pipeline} /> },
          {
            id: "settings",
            label: "Settings",
            content: () => (
              <SettingsTab
                pipeline={pipeline}
                onReset={() => {
                  ask("reset");
                }}
              />
            ),
          },
        ]}
      />
    </>
  );
}
