import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../api/get-query.ts";
import { TimeSeries } from "../charts/time-series.tsx";
import { Card } from "../components/card.tsx";
import type { Column } from "../components/column.ts";
import { DataTable } from "../components/data-table.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { KeyValue } from "../components/key-value.tsx";
import { Bytes, Count } from "../components/quantity.tsx";
import { TextLink } from "../components/text-link.tsx";
import { Time } from "../components/time.tsx";
import { formatBytes } from "../format/format-bytes.ts";
import { formatNumberOf } from "../format/format-count.ts";
import { PageHeader } from "../layout/page-header.tsx";
import { ObjectsCard } from "../features/storage/objects-card.tsx";
import { PagePending } from "../layout/page-pending.tsx";

type Storage = Answer<"/api/v1/storage">;
type Collected = Storage["collected"][number];
type Control = Storage["control"][number];
type Due = Storage["retention"]["due"][number];

const COLLECTED: readonly Column<Collected>[] = [
  {
    id: "table",
    header: "Table",
    cell: ({ table }) => (
      <TextLink to="/data/$table" params={{ table }} title={table}>
        {table}
      </TextLink>
    ),
    sortValue: ({ table }) => table,
    text: true,
  },
  {
    id: "pipeline",
    header: "Pipeline",
    from: "md",
    cell: ({ pipelines }) => pipelines.join(", "),
    sortValue: ({ pipelines }) => pipelines.join(", "),
    text: true,
  },
  {
    id: "location",
    header: "Where",
    from: "lg",
    cell: ({ location }) => location,
    sortValue: ({ location }) => location,
  },
  {
    id: "rows",
    header: "Rows, about",
    align: "end",
    width: "w-32",
    cell: ({ rows }) => <Count value={rows} />,
    sortValue: ({ rows }) => rows,
  },
  {
    id: "bytes",
    header: "Size",
    align: "end",
    width: "w-28",
    cell: ({ bytes }) => <Bytes value={bytes} />,
    sortValue: ({ bytes }) => bytes,
  },
];
const CONTROL: readonly Column<Control>[] = [
  {
    id: "table",
    header: "Table",
    cell: ({ table }) => <span className="font-mono text-sm">{table}</span>,
    sortValue: ({ table }) => table,
  },
  {
    id: "rows",
    header: "Rows, about",
    align: "end",
    width: "w-32",
    from: "sm",
    cell: ({ rows }) => <Count value={rows} />,
    sortValue: ({ rows }) => rows,
  },
  {
    id: "index",
    header: "Indexes",
    align: "end",
    width: "w-28",
    from: "md",
    cell: ({ indexBytes }) => <Bytes value={indexBytes} />,
    sortValue: ({ indexBytes }) => indexBytes,
  },
  {
    id: "bytes",
    header: "Size",
    align: "end",
    width: "w-28",
    cell: ({ bytes }) => <Bytes value={bytes} />,
    sortValue: ({ bytes }) => bytes,
  },
];
const DUE: readonly Column<Due>[] = [
  {
    id: "table",
    header: "Table",
    cell: ({ table }) => <span className="font-mono text-sm">{table}</span>,
    sortValue: ({ table }) => table,
  },
  {
    id: "oldest",
    header: "Oldest row",
    align: "end",
    width: "w-32",
    cell: ({ oldestAt }) => <Time at={oldestAt} never="–" />,
    sortValue: ({ oldestAt }) => oldestAt,
  },
  {
    id: "due",
    header: "Removed",
    align: "end",
    width: "w-32",
    cell: ({ dueAt }) => <Time at={dueAt} />,
    sortValue: ({ dueAt }) => dueAt,
  },
];

/** What is stored, how fast it grows, and what is removed when. */
export function StoragePage(): ReactNode {
  const query = useQuery(getQuery("/api/v1/storage"));
  if (query.isError && query.data === undefined) {
    return (
      <Card>
        <ErrorState
          error={query.error}
          title="The storage could not be looked at"
          onRetry={() => void query.refetch()}
        />
      </Card>
    );
  }
  if (query.data === undefined) return <PagePending />;
  const storage = query.data;
  const { keepDays, keepRows, keepRuns } = storage.retention;
  return (
    <>
      <PageHeader
        title="Storage"
        description="What Millrace records about itself, what it collected, and how both grow."
      />
      <div className="grid gap-4 xl:grid-cols-2">
        <Card title="Sizes" className="xl:col-span-2">
          <KeyValue
            columns
            items={[
              ["Records of Millrace", <Bytes key="n" value={storage.controlBytes} />],
              [
                "They grow by",
                storage.bytesPerDay === null ? "not known yet" : `${formatBytes(storage.bytesPerDay)} a day`,
              ],
              [
                "Collected",
                <Bytes key="n" value={storage.collected.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)} />,
              ],
              ["Records are kept for", keepDays === 0 ? "ever" : formatNumberOf(keepDays, "day")],
              [
                "Runs kept of each pipeline",
                keepRuns === 0 ? "any number" : <Count key="n" value={keepRuns} />,
              ],
              [
                "Rows kept of each other table",
                keepRows === 0 ? "any number" : <Count key="n" value={keepRows} />,
              ],
            ]}
          />
        </Card>
        {storage.growth.length > 1 && (
          <Card title="Growth" className="xl:col-span-2">
            <TimeSeries
              label="Size by day"
              times={storage.growth.map(({ day }) => Date.parse(day) / 1000)}
              series={[
                { name: "Collected", values: storage.growth.map(({ collectedBytes }) => collectedBytes) },
                {
                  name: "Records of Millrace",
                  values: storage.growth.map(({ controlBytes }) => controlBytes),
                },
              ]}
              format={formatBytes}
            />
          </Card>
        )}
        {storage.objects.map((each) => (
          <ObjectsCard key={each.place} storage={each} />
        ))}
        <Card flush title="Collected tables" className="xl:col-span-2">
          <DataTable
            label="Collected tables"
            rows={storage.collected}
            columns={COLLECTED}
            rowKey={({ table, location }) => `${location} ${table}`}
            sort={{ column: "bytes", descending: true }}
            empty={<p className="px-4 pb-4 text-muted">Nothing was collected yet.</p>}
          />
        </Card>
        <Card flush title="Records of Millrace">
          <DataTable
            label="Records of Millrace"
            rows={storage.control}
            columns={CONTROL}
            rowKey={({ table }) => table}
            sort={{ column: "bytes", descending: true }}
          />
        </Card>
        <Card flush title="What is removed next">
          <DataTable
            label="What is removed next"
            rows={storage.retention.due}
            columns={DUE}
            rowKey={({ table }) => table}
            sort={{ column: "due", descending: false }}
            empty={<p className="px-4 pb-4 text-muted">Nothing is removed: everything is kept for ever.</p>}
          />
        </Card>
      </div>
    </>
  );
}
