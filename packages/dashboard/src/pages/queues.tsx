import { useQuery } from "@tanstack/react-query";
import { ListOrdered } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../api/get-query.ts";
import { Card } from "../components/card.tsx";
import type { Column } from "../components/column.ts";
import { DataTable } from "../components/data-table.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Count, Duration } from "../components/quantity.tsx";
import { QueryView } from "../components/query-view.tsx";
import { TextLink } from "../components/text-link.tsx";
import { QueueHistory } from "../features/queues/queue-history.tsx";
import { RunList } from "../features/runs/run-list.tsx";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";

type Queue = Answer<"/api/v1/queues">["items"][number];

const COLUMNS: readonly Column<Queue>[] = [
  {
    id: "name",
    header: "Queue",
    cell: ({ name }) => <span className="font-medium">{name}</span>,
    sortValue: ({ name }) => name,
    text: true,
  },
  {
    id: "queued",
    header: "Waiting",
    align: "end",
    cell: ({ queued }) => <Count value={queued} />,
    sortValue: ({ queued }) => queued,
  },
  {
    id: "ready",
    header: "Ready",
    align: "end",
    from: "2xl",
    cell: ({ ready }) => <Count value={ready} />,
    sortValue: ({ ready }) => ready,
  },
  {
    id: "oldest",
    header: "Oldest",
    align: "end",
    cell: ({ oldestWaitMs }) => <Duration ms={oldestWaitMs} />,
    sortValue: ({ oldestWaitMs }) => oldestWaitMs,
  },
  {
    id: "running",
    header: "Running",
    align: "end",
    from: "sm",
    cell: ({ running, slots }) => `${running} of ${slots}`,
    sortValue: ({ running }) => running,
  },
  {
    id: "workers",
    header: "Workers",
    align: "end",
    from: "2xl",
    cell: ({ workers }) => <Count value={workers} />,
    sortValue: ({ workers }) => workers,
  },
  {
    id: "p50",
    header: "Start p50",
    align: "end",
    from: "md",
    cell: ({ startLatency }) => <Duration ms={startLatency.p50Ms} />,
    sortValue: ({ startLatency }) => startLatency.p50Ms,
  },
  {
    id: "p95",
    header: "Start p95",
    align: "end",
    from: "md",
    cell: ({ startLatency }) => <Duration ms={startLatency.p95Ms} />,
    sortValue: ({ startLatency }) => startLatency.p95Ms,
  },
  {
    id: "p99",
    header: "Start p99",
    align: "end",
    from: "2xl",
    cell: ({ startLatency }) => <Duration ms={startLatency.p99Ms} />,
    sortValue: ({ startLatency }) => startLatency.p99Ms,
  },
  {
    id: "retries",
    header: "Retries",
    align: "end",
    from: "2xl",
    cell: ({ retries }) => <Count value={retries} />,
    sortValue: ({ retries }) => retries,
  },
  {
    id: "dead",
    header: "Dead letters",
    align: "end",
    from: "sm",
    cell: ({ deadLetters }) =>
      deadLetters === 0 ? (
        "0"
      ) : (
        <TextLink to="/tasks" search={{ tab: "dead" }} className="text-failed">
          <Count value={deadLetters} />
        </TextLink>
      ),
    sortValue: ({ deadLetters }) => deadLetters,
  },
];

/** What waits, how long, and how quickly it is started. */
export function QueuesPage(): ReactNode {
  const query = useQuery(getQuery("/api/v1/queues"));
  const waiting = usePages("/api/v1/runs", { query: { status: "queued", limit: 50 } });
  return (
    <>
      <PageHeader title="Queues" description="Runs and jobs wait here until a worker has a free slot." />
      <div className="space-y-6">
        <Card flush>
          <QueryView query={query} what="The queues">
            {({ items }) => (
              <DataTable
                label="Queues"
                rows={items}
                columns={COLUMNS}
                rowKey={({ name }) => name}
                sort={{ column: "name", descending: false }}
                empty={
                  <EmptyState icon={ListOrdered} title="No queue yet">
                    A queue is there as soon as a worker serves it or a run waits in it.
                  </EmptyState>
                }
              />
            )}
          </QueryView>
        </Card>
        <QueueHistory />
        <section aria-labelledby="waiting">
          <h2 id="waiting" className="mb-3 text-lg font-semibold">
            Waiting runs
          </h2>
          <RunList pages={waiting} empty="Nothing waits: each run is started as soon as it is asked for." />
        </section>
      </div>
    </>
  );
}
