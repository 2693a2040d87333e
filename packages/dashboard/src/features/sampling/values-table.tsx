import type { ReactNode } from "react";
import { Sparkline } from "../../charts/sparkline.tsx";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Duration } from "../../components/quantity.tsx";
import { Time } from "../../components/time.tsx";
import { formatDuration } from "../../format/format-duration.ts";
import type { SamplingValue } from "./sampling-status.ts";

const COLUMNS: readonly Column<SamplingValue>[] = [
  {
    id: "name",
    header: "Variable",
    cell: ({ name, address, reader }) => <span title={`${reader}: ${address}`}>{name}</span>,
    sortValue: ({ name }) => name,
  },
  {
    id: "value",
    header: "Value",
    align: "end",
    width: "w-36",
    cell: (row) => (row.value === null ? "–" : `${shown(row.value)} ${row.unit ?? ""}`.trimEnd()),
  },
  {
    id: "recent",
    header: "Course",
    from: "sm",
    width: "w-32",
    cell: ({ name, recent }) => (
      <Sparkline label={`The last values of ${name}`} values={recent} places={40} />
    ),
  },
  {
    id: "quality",
    header: "Quality",
    width: "w-40",
    cell: ({ quality, code }) => (
      <span
        className={
          quality === "bad" ? "text-failed" : quality === "uncertain" ? "text-late" : "text-succeeded"
        }
      >
        {code === null ? quality : `${quality}: ${code}`}
      </span>
    ),
    sortValue: ({ quality }) => quality,
  },
  {
    id: "asked",
    header: "Interval",
    align: "end",
    from: "md",
    width: "w-32",
    cell: ({ intervalsMs }) => intervalsMs.map(formatDuration).join(", "),
  },
  {
    id: "achieved",
    header: "Achieved",
    align: "end",
    from: "md",
    width: "w-28",
    cell: ({ achievedMs }) => <Duration ms={achievedMs} />,
    sortValue: ({ achievedMs }) => achievedMs,
  },
  {
    id: "read",
    header: "Read",
    align: "end",
    from: "lg",
    width: "w-28",
    cell: ({ readTime }) => <Time at={readTime} />,
    sortValue: ({ readTime }) => readTime,
  },
];

/** The variables as they are now. */
export function ValuesTable({ rows }: { readonly rows: readonly SamplingValue[] }): ReactNode {
  return (
    <DataTable
      label="Variables"
      rows={rows}
      columns={COLUMNS}
      rowKey={({ reader, variable }) => `${reader} ${variable}`}
      sort={{ column: "name", descending: false }}
      empty={<EmptyState title="No variables">No context is running.</EmptyState>}
    />
  );
}

function shown(value: NonNullable<SamplingValue["value"]>): string {
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}
