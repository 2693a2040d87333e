import type { ReactNode } from "react";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import { Status } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import type { DocumentDetail } from "./document-fields.ts";

type Transition = DocumentDetail["transitions"][number];

const COLUMNS: readonly Column<Transition>[] = [
  { id: "stage", header: "Stage", width: "w-32", cell: ({ stage }) => stage },
  {
    id: "outcome",
    header: "Outcome",
    width: "w-36",
    cell: ({ outcome }) => <Status quiet status={outcome} />,
  },
  { id: "at", header: "When", width: "w-36", cell: ({ at }) => <Time at={at} /> },
  {
    id: "took",
    header: "Took",
    width: "w-24",
    align: "end",
    from: "sm",
    cell: ({ durationMs }) => <Duration ms={durationMs} />,
  },
  {
    id: "attempt",
    header: "Attempt",
    width: "w-24",
    align: "end",
    from: "md",
    cell: ({ attempt }) => <Count value={attempt} />,
  },
  {
    id: "message",
    header: "",
    from: "md",
    text: true,
    cell: ({ message }) => <span title={message ?? undefined}>{message}</span>,
  },
];

/** Everything that happened to a document. */
export function TransitionsTable({ rows }: { readonly rows: readonly Transition[] }): ReactNode {
  return (
    <DataTable
      label="Stages"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ number }) => String(number)}
      rowHeight={36}
    />
  );
}
