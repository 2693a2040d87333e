import { useQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import { CodeBlock } from "../components/code-block.tsx";
import type { Column } from "../components/column.ts";
import { DataTable } from "../components/data-table.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Bytes } from "../components/quantity.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Badge, Status } from "../components/status.tsx";
import { Time } from "../components/time.tsx";
import { SlotMeter } from "../features/workers/slot-meter.tsx";
import { workerState, type Worker } from "../features/workers/worker-state.ts";
import { PageHeader } from "../layout/page-header.tsx";

const COLUMNS: readonly Column<Worker>[] = [
  {
    id: "host",
    header: "Host",
    cell: ({ host, leader }) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium" title={host}>
          {host}
        </span>
        {leader && <Badge tone="running">leader</Badge>}
      </span>
    ),
    sortValue: ({ host }) => host,
  },
  {
    id: "state",
    header: "State",
    width: "w-28",
    cell: (worker) => <Status quiet status={workerState(worker)} />,
    sortValue: workerState,
  },
  {
    id: "load",
    header: "Slots",
    width: "w-20 sm:w-44",
    cell: ({ running, slots }) => <SlotMeter running={running} slots={slots} />,
    sortValue: ({ load }) => load,
  },
  { id: "queues", header: "Queues", from: "md", cell: ({ queues }) => queues.join(", "), text: true },
  {
    id: "labels",
    header: "Labels",
    from: "2xl",
    cell: ({ labels }) => (labels.length === 0 ? "–" : labels.join(", ")),
    text: true,
  },
  {
    id: "memory",
    header: "Memory of runs",
    align: "end",
    from: "xl",
    width: "w-36",
    cell: ({ memoryBytes }) => <Bytes value={memoryBytes} />,
    sortValue: ({ memoryBytes }) => memoryBytes,
  },
  {
    id: "version",
    header: "Version",
    from: "lg",
    width: "w-28",
    cell: ({ version }) => version,
    sortValue: ({ version }) => version,
  },
  { id: "pid", header: "Process", align: "end", from: "2xl", width: "w-28", cell: ({ pid }) => pid },
  {
    id: "started",
    header: "Started",
    align: "end",
    from: "md",
    width: "w-28",
    cell: ({ startedAt }) => <Time at={startedAt} />,
    sortValue: ({ startedAt }) => startedAt,
  },
  {
    id: "beat",
    header: "Heartbeat",
    align: "end",
    from: "sm",
    width: "w-28",
    cell: ({ beatAt }) => <Time at={beatAt} />,
    sortValue: ({ beatAt }) => beatAt,
  },
];

/** Processes that carry out runs. */
export function WorkersPage(): ReactNode {
  const query = useQuery(getQuery("/api/v1/workers"));
  const leader = query.data?.leader;
  return (
    <>
      <PageHeader
        title="Workers"
        description={
          leader == null ? (
            "Processes that carry out runs."
          ) : (
            <>
              Processes that carry out runs. The schedules are kept by process {leader.pid} on {leader.host},
              since <Time at={leader.since} />.
            </>
          )
        }
      />
      <Card flush>
        <QueryView query={query} what="The workers">
          {({ items }) => (
            <DataTable
              label="Workers"
              rows={items}
              columns={COLUMNS}
              rowKey={({ id }) => id}
              sort={{ column: "host", descending: false }}
              empty={
                <EmptyState icon={Server} title="No worker runs">
                  Nothing is carried out until one does. Start one on any machine that reaches the database:
                  <CodeBlock
                    code="npx millrace worker"
                    label="Command that starts a worker"
                    className="mt-3 text-left text-ink"
                  />
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
    </>
  );
}
