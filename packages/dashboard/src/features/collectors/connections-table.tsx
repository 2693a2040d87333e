import type { ReactNode } from "react";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Bytes, Count } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import type { CollectorConnection } from "./collector-status.ts";

const COLUMNS: readonly Column<CollectorConnection>[] = [
  {
    id: "id",
    header: "Connection",
    cell: ({ id, address }) => <span title={address}>{id}</span>,
    sortValue: ({ id }) => id,
  },
  {
    id: "state",
    header: "State",
    width: "w-32",
    cell: ({ state }) => <Status quiet status={state} />,
    sortValue: ({ state }) => state,
  },
  {
    id: "subscriptions",
    header: "Channels",
    align: "end",
    width: "w-24",
    cell: ({ subscriptions }) => <Count value={subscriptions} />,
    sortValue: ({ subscriptions }) => subscriptions,
  },
  {
    id: "rate",
    header: "Messages/s",
    align: "end",
    width: "w-28",
    cell: ({ messagesPerSecond }) => <Count value={messagesPerSecond} />,
    sortValue: ({ messagesPerSecond }) => messagesPerSecond,
  },
  {
    id: "bytes",
    header: "Received",
    align: "end",
    from: "md",
    width: "w-28",
    cell: ({ bytes }) => <Bytes value={bytes} />,
    sortValue: ({ bytes }) => bytes,
  },
  {
    id: "generation",
    header: "Made",
    align: "end",
    from: "lg",
    width: "w-20",
    cell: ({ generation }) => <Count value={generation} />,
    sortValue: ({ generation }) => generation,
  },
  {
    id: "since",
    header: "Since",
    align: "end",
    from: "sm",
    width: "w-28",
    cell: ({ since }) => <Time at={since} />,
    sortValue: ({ since }) => since,
  },
  {
    id: "close",
    header: "Last end",
    from: "xl",
    text: true,
    cell: ({ lastClose }) => (lastClose === null ? "–" : lastClose.reason),
  },
];

/** The connections of a collector. */
export function ConnectionsTable({ rows }: { readonly rows: readonly CollectorConnection[] }): ReactNode {
  return (
    <DataTable
      label="Connections"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ id }) => id}
      sort={{ column: "id", descending: false }}
      empty={<EmptyState title="No connections">It is not running.</EmptyState>}
    />
  );
}
