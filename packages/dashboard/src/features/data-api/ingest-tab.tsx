import { useQuery } from "@tanstack/react-query";
import { RadioTower } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";

type Clients = Answer<"/api/v1/ingest/clients">;
type Client = Clients["items"][number];
type Stream = Clients["streams"][number];

const CLIENTS: readonly Column<Client>[] = [
  {
    id: "name",
    header: "Token",
    cell: ({ name, hint, revokedAt }) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium" title={name}>
          {name}
        </span>
        <code className="hidden font-mono text-xs text-muted sm:inline">{hint}…</code>
        {revokedAt !== null && <Badge tone="paused">revoked</Badge>}
      </span>
    ),
    text: true,
  },
  {
    id: "streams",
    header: "Streams",
    from: "sm",
    cell: ({ streams }) => (streams.includes("*") ? "all" : streams.join(", ")),
    text: true,
  },
  {
    id: "from",
    header: "From",
    width: "w-36",
    from: "md",
    cell: ({ lastUsedAddress }) => lastUsedAddress ?? "–",
  },
  {
    id: "used",
    header: "Last push",
    align: "end",
    width: "w-28",
    cell: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
    sortValue: ({ lastUsedAt }) => lastUsedAt ?? "",
  },
];

const STREAMS: readonly Column<Stream>[] = [
  {
    id: "stream",
    header: "Stream",
    cell: ({ stream, open }) => (
      <span className="flex items-center gap-2">
        <span className="font-medium">{stream}</span>
        {!open && <Badge tone="paused">closed</Badge>}
      </span>
    ),
    sortValue: ({ stream }) => stream,
    text: true,
  },
  {
    id: "queued",
    header: "Waiting batches",
    align: "end",
    width: "w-36",
    from: "sm",
    cell: ({ queued }) => queued,
    sortValue: ({ queued }) => queued,
  },
  {
    id: "refused",
    header: "Refused later",
    align: "end",
    width: "w-32",
    from: "md",
    cell: ({ refused }) => refused,
    sortValue: ({ refused }) => refused,
  },
  {
    id: "last",
    header: "Last run",
    align: "end",
    width: "w-28",
    cell: ({ lastRunAt }) => <Time at={lastRunAt} />,
    sortValue: ({ lastRunAt }) => lastRunAt ?? "",
  },
];

/** Who pushes rows, and where to. */
export function IngestTab(): ReactNode {
  const query = useQuery(getQuery("/api/v1/ingest/clients"));
  return (
    <QueryView query={query} what="The ingest clients">
      {({ items, streams }) => (
        <div className="space-y-4">
          <Card title="Streams" flush>
            <DataTable
              label="Streams"
              rows={streams}
              columns={STREAMS}
              rowKey={({ pipeline }) => pipeline}
              sort={{ column: "stream", descending: false }}
              empty={
                <EmptyState icon={RadioTower} title="No streams">
                  A pipeline with <code className="font-mono">source: pushed()</code> takes rows.
                </EmptyState>
              }
            />
          </Card>
          <Card title="Tokens that push" flush>
            <DataTable
              label="Tokens that push"
              rows={items}
              columns={CLIENTS}
              rowKey={({ id }) => id}
              empty={
                <EmptyState icon={RadioTower} title="No tokens">
                  <code className="font-mono">millrace token create scraper --stream prices</code> makes one.
                </EmptyState>
              }
            />
          </Card>
        </div>
      )}
    </QueryView>
  );
}
