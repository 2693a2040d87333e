import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RadioTower } from "lucide-react";
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
import { Time } from "../components/time.tsx";
import { type CollectorItem, stateOf, statusOf } from "../features/collectors/collector-status.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { useTopics } from "../live/live-provider.tsx";

const COLUMNS: readonly Column<CollectorItem>[] = [
  {
    id: "pipeline",
    header: "Collector",
    cell: ({ pipeline }) => (
      <TextLink to="/collectors/$pipeline" params={{ pipeline }}>
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
    id: "messages",
    header: "Messages/s",
    align: "end",
    width: "w-28",
    cell: (item) => <Count value={item.running ? statusOf(item).messagesPerSecond : null} />,
    sortValue: (item) => statusOf(item).messagesPerSecond,
  },
  {
    id: "rows",
    header: "Rows/s",
    align: "end",
    from: "sm",
    width: "w-24",
    cell: (item) => <Count value={item.running ? statusOf(item).rowsPerSecond : null} />,
    sortValue: (item) => statusOf(item).rowsPerSecond,
  },
  {
    id: "lag",
    header: "Lag to commit",
    align: "end",
    from: "md",
    width: "w-32",
    cell: (item) => <Duration ms={statusOf(item).lag.committedMs?.p99} />,
    sortValue: (item) => statusOf(item).lag.committedMs?.p99 ?? null,
  },
  {
    id: "connections",
    header: "Connections",
    align: "end",
    from: "2xl",
    width: "w-28",
    cell: (item) => <Count value={statusOf(item).connections.length} />,
    sortValue: (item) => statusOf(item).connections.length,
  },
  {
    id: "reconnects",
    header: "Reconnects",
    align: "end",
    from: "lg",
    width: "w-28",
    cell: (item) => <Count value={statusOf(item).reconnects} />,
    sortValue: (item) => statusOf(item).reconnects,
  },
  {
    id: "restarts",
    header: "Restarts",
    align: "end",
    from: "2xl",
    width: "w-24",
    cell: (item) => <Count value={statusOf(item).restarts} />,
    sortValue: (item) => statusOf(item).restarts,
  },
  {
    id: "errors",
    header: "Errors",
    align: "end",
    from: "2xl",
    width: "w-24",
    cell: (item) => <Count value={statusOf(item).errors} />,
    sortValue: (item) => statusOf(item).errors,
  },
  {
    id: "since",
    header: "Since",
    align: "end",
    from: "md",
    width: "w-28",
    cell: (item) => <Time at={statusOf(item).since} />,
    sortValue: (item) => statusOf(item).since,
  },
];

/** Live collectors and how they do. */
export function CollectorsPage(): ReactNode {
  const query = useQuery(getQuery("/api/v1/collectors"));
  const navigate = useNavigate();
  useTopics(["sources:collector"]);
  return (
    <>
      <PageHeader title="Collectors" description="Live feeds that are collected for as long as they run." />
      <Card flush>
        <QueryView query={query} what="The collectors">
          {({ items }) => (
            <DataTable
              label="Collectors"
              rows={items}
              columns={COLUMNS}
              rowKey={({ pipeline }) => pipeline}
              sort={{ column: "pipeline", descending: false }}
              onOpen={({ pipeline }) =>
                void navigate({ to: "/collectors/$pipeline", params: { pipeline }, search: {} })
              }
              empty={
                <EmptyState icon={RadioTower} title="No collector has run yet">
                  A pipeline whose source is a collector appears here as soon as it has run.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
    </>
  );
}
