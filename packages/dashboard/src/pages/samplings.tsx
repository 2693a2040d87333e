import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Gauge } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import type { Column } from "../components/column.ts";
import { DataTable } from "../components/data-table.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Count, Duration } from "../components/quantity.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Status } from "../components/status.tsx";
import { TextLink } from "../components/text-link.tsx";
import { type SamplingItem, stateOf, statusOf } from "../features/sampling/sampling-status.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

function sum(
  item: SamplingItem,
  of: (context: ReturnType<typeof statusOf>["contexts"][number]) => number,
): number {
  return statusOf(item).contexts.reduce((all, context) => all + of(context), 0);
}

const COLUMNS: readonly Column<SamplingItem>[] = [
  {
    id: "pipeline",
    header: "Pipeline",
    cell: ({ pipeline }) => (
      <TextLink to="/sampling/$pipeline" params={{ pipeline }}>
        {pipeline}
      </TextLink>
    ),
    sortValue: ({ pipeline }) => pipeline,
  },
  {
    id: "state",
    header: "State",
    width: "w-36",
    cell: (item) => <Status quiet status={stateOf(item)} />,
    sortValue: stateOf,
  },
  {
    id: "contexts",
    header: "Contexts",
    align: "end",
    width: "w-24",
    cell: (item) => <Count value={statusOf(item).contexts.length} />,
  },
  {
    id: "variables",
    header: "Variables",
    align: "end",
    from: "sm",
    width: "w-24",
    cell: (item) => <Count value={statusOf(item).readers.reduce((all, task) => all + task.variables, 0)} />,
  },
  {
    id: "samples",
    header: "Samples",
    align: "end",
    width: "w-28",
    cell: (item) => <Count value={sum(item, ({ samples }) => samples)} short />,
  },
  {
    id: "bad",
    header: "Bad",
    align: "end",
    from: "md",
    width: "w-24",
    cell: (item) => <Count value={sum(item, ({ bad }) => bad)} short />,
  },
  {
    id: "skipped",
    header: "Skipped",
    align: "end",
    from: "lg",
    width: "w-24",
    cell: (item) => <Count value={sum(item, ({ skipped }) => skipped)} short />,
  },
  {
    id: "jitter",
    header: "Jitter, p99",
    align: "end",
    from: "md",
    width: "w-28",
    cell: (item) => <Duration ms={statusOf(item).jitterMs.p99} />,
  },
];

/** Pipelines that sample equipment, and how they do. */
export function SamplingsPage(): ReactNode {
  const query = useQuery(getQuery("/api/v1/sampling"));
  const navigate = useNavigate();
  useTopics(["sources:sampling"]);
  return (
    <>
      <PageHeader title="Sampling" description="Values of equipment, taken at fixed intervals." />
      <Card flush>
        <QueryView query={query} what="What is sampled">
          {({ items }) => (
            <DataTable
              label="Sampling"
              rows={items}
              columns={COLUMNS}
              rowKey={({ pipeline }) => pipeline}
              sort={{ column: "pipeline", descending: false }}
              onOpen={({ pipeline }) =>
                void navigate({ to: "/sampling/$pipeline", params: { pipeline }, search: {} })
              }
              empty={
                <EmptyState icon={Gauge} title="Nothing has been sampled yet">
                  A pipeline whose source is sampling() appears here as soon as it has run.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
    </>
  );
}
