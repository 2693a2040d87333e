import type { ReactNode } from "react";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import type { SamplingConnection, SamplingTask } from "./sampling-status.ts";

interface Line {
  readonly task: SamplingTask;
  readonly connection: SamplingConnection | undefined;
}

const COLUMNS: readonly Column<Line>[] = [
  {
    id: "reader",
    header: "Reader",
    cell: ({ task }) => `${task.reader} ${task.connection}`.trimEnd(),
    sortValue: ({ task }) => task.reader,
  },
  {
    id: "location",
    header: "Device",
    from: "md",
    cell: ({ connection }) => connection?.location ?? "–",
  },
  {
    id: "state",
    header: "Connection",
    width: "w-36",
    cell: ({ connection }) => connection?.state ?? "–",
    sortValue: ({ connection }) => connection?.state ?? null,
  },
  {
    id: "values",
    header: "Values",
    align: "end",
    width: "w-28",
    cell: ({ task }) => <Count value={task.values} short />,
  },
  {
    id: "duration",
    header: "Reading, p99",
    align: "end",
    from: "sm",
    width: "w-28",
    cell: ({ task }) => <Duration ms={task.durationMs.p99} />,
  },
  {
    id: "skipped",
    header: "Skipped",
    align: "end",
    from: "lg",
    width: "w-24",
    cell: ({ task }) => <Count value={task.skipped} />,
  },
  {
    id: "error",
    header: "Last error",
    from: "xl",
    text: true,
    cell: ({ connection }) => connection?.lastError ?? "–",
  },
];

/** What reads, and how its connections are. */
export function ReadersTable(props: {
  readonly tasks: readonly SamplingTask[];
  readonly connections: readonly SamplingConnection[];
}): ReactNode {
  const rows = props.tasks.map((task) => ({
    task,
    connection: props.connections.find(({ reader }) => reader === task.reader),
  }));
  return (
    <DataTable
      label="Readers"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ task }) => `${task.reader} ${task.connection}`}
      sort={{ column: "reader", descending: false }}
      empty={<EmptyState title="No readers">Nothing has been read yet.</EmptyState>}
    />
  );
}
