import type { ReactNode } from "react";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import type { CollectorChannel } from "./collector-status.ts";

const COLUMNS: readonly Column<CollectorChannel>[] = [
  { id: "channel", header: "Channel", cell: ({ channel }) => channel, sortValue: ({ channel }) => channel },
  {
    id: "symbol",
    header: "Symbol",
    cell: ({ symbol }) => symbol ?? "–",
    sortValue: ({ symbol }) => symbol,
    text: true,
  },
  {
    id: "state",
    header: "State",
    width: "w-32",
    cell: ({ state }) => <Status quiet status={state} />,
    sortValue: ({ state }) => state,
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
    id: "silent",
    header: "Silent for",
    align: "end",
    from: "sm",
    width: "w-28",
    cell: ({ silentMs }) => <Duration ms={silentMs} />,
    sortValue: ({ silentMs }) => silentMs,
  },
  {
    id: "after",
    header: "Too long after",
    align: "end",
    from: "lg",
    width: "w-32",
    cell: ({ silenceAfterMs }) => (silenceAfterMs === null ? "never" : <Duration ms={silenceAfterMs} />),
    sortValue: ({ silenceAfterMs }) => silenceAfterMs,
  },
  {
    id: "resubscribes",
    header: "Subscribed anew",
    align: "end",
    from: "xl",
    width: "w-36",
    cell: ({ resubscribes }) => <Count value={resubscribes} />,
    sortValue: ({ resubscribes }) => resubscribes,
  },
];

/** The subscriptions of a collector. */
export function ChannelsTable({ rows }: { readonly rows: readonly CollectorChannel[] }): ReactNode {
  return (
    <DataTable
      label="Channels"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ channel, symbol }) => `${channel} ${symbol ?? ""}`}
      empty={<EmptyState title="No subscriptions">It is not running.</EmptyState>}
    />
  );
}
