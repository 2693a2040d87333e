import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/column.ts";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Count } from "../../components/quantity.tsx";
import { QueryView } from "../../components/query-view.tsx";

type Task = Answer<"/api/v1/tasks">["items"][number];

const COLUMNS: readonly Column<Task>[] = [
  {
    id: "name",
    header: "Task",
    cell: ({ name, description }) => (
      <span className="block truncate" title={description ?? name}>
        <span className="font-medium">{name}</span>
        {description !== null && <span className="text-muted"> {description}</span>}
      </span>
    ),
    sortValue: ({ name }) => name,
    text: true,
  },
  {
    id: "file",
    header: "File",
    from: "lg",
    cell: ({ file }) => <span className="font-mono text-sm">{file}</span>,
    sortValue: ({ file }) => file,
  },
  {
    id: "queue",
    header: "Queue",
    from: "md",
    width: "w-32",
    cell: ({ queue }) => queue,
    sortValue: ({ queue }) => queue,
  },
  {
    id: "attempts",
    header: "Attempts",
    align: "end",
    from: "md",
    width: "w-24",
    cell: ({ attempts }) => attempts,
  },
  {
    id: "queued",
    header: "Waiting",
    align: "end",
    width: "w-24",
    cell: ({ queued }) => <Count value={queued} />,
    sortValue: ({ queued }) => queued,
  },
  {
    id: "running",
    header: "Running",
    align: "end",
    from: "sm",
    width: "w-24",
    cell: ({ running }) => <Count value={running} />,
    sortValue: ({ running }) => running,
  },
  {
    id: "dead",
    header: "Dead letters",
    align: "end",
    width: "w-32",
    cell: ({ deadLetters }) => (
      <span className={deadLetters > 0 ? "font-medium text-failed" : undefined}>
        <Count value={deadLetters} />
      </span>
    ),
    sortValue: ({ deadLetters }) => deadLetters,
  },
];

/** The tasks that the project declares. */
export function TasksTab(): ReactNode {
  const query = useQuery(getQuery("/api/v1/tasks"));
  return (
    <Card flush>
      <QueryView query={query} what="The tasks">
        {({ items }) => (
          <DataTable
            label="Tasks"
            rows={items}
            columns={COLUMNS}
            rowKey={({ name }) => name}
            sort={{ column: "name", descending: false }}
            empty={
              <EmptyState icon={ListChecks} title="No tasks">
                A task is a function in the folder <code className="font-mono">tasks</code> of your project,
                for work that is asked for rather than scheduled.
              </EmptyState>
            }
          />
        )}
      </QueryView>
    </Card>
  );
}
