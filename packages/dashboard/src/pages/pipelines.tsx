import { useNavigate, useSearch } from "@tanstack/react-router";
import { Workflow } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { PipelineFilters } from "../features/pipelines/pipeline-filters.tsx";
import { PipelineList } from "../features/pipelines/pipeline-list.tsx";
import { pipelinesQuery, type PipelineSearch } from "../features/pipelines/pipelines-query.ts";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";

/** All pipelines: searched, filtered and sorted by the address, so that every view can be linked to. */
export function PipelinesPage(): ReactNode {
  const search = useSearch({ from: "/shell/pipelines" });
  const navigate = useNavigate({ from: "/pipelines" });
  const pages = usePages("/api/v1/pipelines", { query: pipelinesQuery(search) });
  const change = (next: PipelineSearch): void => {
    void navigate({ search: next, replace: true });
  };
  return (
    <>
      <PageHeader
        title="Pipelines"
        description="What is collected, how each one does, and when it runs next."
      />
      <PipelineFilters search={search} onChange={change} />
      <Card flush>
        {pages.error !== null && pages.items.length === 0 ? (
          <ErrorState error={pages.error} title="The pipelines could not be loaded" onRetry={pages.retry} />
        ) : pages.loading ? (
          <SkeletonRows rows={10} label="Loading the pipelines" />
        ) : pages.items.length === 0 ? (
          <NoPipelines
            filtered={Object.keys(search).some((key) => key !== "sort")}
            onClear={() => {
              change({});
            }}
          />
        ) : (
          <PipelineList pages={pages} />
        )}
      </Card>
    </>
  );
}

function NoPipelines({
  filtered,
  onClear,
}: {
  readonly filtered: boolean;
  readonly onClear: () => void;
}): ReactNode {
  if (filtered)
    return (
      <EmptyState
        icon={Workflow}
        title="No pipeline is like that"
        action={<Button onClick={onClear}>Show all pipelines</Button>}
      >
        Search for a part of its name, group, owner, tag or description.
      </EmptyState>
    );
  return (
    <EmptyState icon={Workflow} title="No pipelines yet">
      Put a file such as <code className="font-mono">pipelines/orders.ts</code> into the project: it shows up
      here within a few seconds. <code className="font-mono">npx millrace new orders</code> writes one.
    </EmptyState>
  );
}
