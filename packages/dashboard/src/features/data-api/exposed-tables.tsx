import { useQuery } from "@tanstack/react-query";
import { EyeOff, Plus, Table2, UserPlus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import type { Column } from "../../components/column.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { DataTable } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Badge } from "../../components/status.tsx";
import { useCommand } from "../shared/use-command.ts";
import { ExposeDialog } from "./expose-dialog.tsx";
import { PolicyDialog } from "./policy-dialog.tsx";

/** A table that the data API shows. */
export type ExposedTable = Answer<"/api/v1/data-api/tables">["items"][number];

const COLUMNS: readonly Column<ExposedTable>[] = [
  {
    id: "name",
    header: "Table",
    cell: ({ name, schema, table }) => (
      <span className="flex min-w-0 items-baseline gap-2">
        <span className="truncate font-medium" title={name}>
          {name}
        </span>
        <code className="hidden truncate font-mono text-xs text-muted sm:inline">
          {schema}.{table}
        </code>
      </span>
    ),
    sortValue: ({ name }) => name,
    text: true,
  },
  {
    id: "roles",
    header: "Seen by",
    cell: ({ policies }) => (
      <span className="inline-flex flex-wrap gap-1">
        {policies.length === 0 && <span className="text-muted">nobody yet</span>}
        {policies.map((policy) => (
          <Badge key={policy.role} tone={policy.role === "public" ? "late" : "idle"}>
            {policy.role}
            {limits(policy)}
          </Badge>
        ))}
      </span>
    ),
  },
  {
    id: "requests",
    header: "Requests, 7 days",
    align: "end",
    width: "w-36",
    from: "sm",
    cell: ({ requests }) => requests.toLocaleString(),
    sortValue: ({ requests }) => requests,
  },
];

/** Which tables programs may read, and who sees them. */
export function ExposedTables(): ReactNode {
  const { isAdmin } = useRole();
  const query = useQuery(getQuery("/api/v1/data-api/tables"));
  const [exposing, setExposing] = useState(false);
  const [allowing, setAllowing] = useState<ExposedTable>();
  const actions: Column<ExposedTable> = {
    id: "actions",
    header: "Actions",
    align: "end",
    width: "w-24",
    cell: (table) => <Actions table={table} onAllow={() => setAllowing(table)} />,
  };
  return (
    <>
      {isAdmin && (
        <div className="mb-3 flex justify-end">
          <Button kind="primary" icon={Plus} onClick={() => setExposing(true)}>
            Expose a table
          </Button>
        </div>
      )}
      <Card flush>
        <QueryView query={query} what="The exposed tables">
          {({ items }) => (
            <DataTable
              label="Exposed tables"
              rows={items}
              columns={isAdmin ? [...COLUMNS, actions] : COLUMNS}
              rowKey={({ name }) => name}
              sort={{ column: "name", descending: false }}
              empty={
                <EmptyState icon={Table2} title="No table is exposed">
                  Nothing can be read from outside before a table is exposed and a role may see it.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {exposing && <ExposeDialog onClose={() => setExposing(false)} />}
      {allowing !== undefined && <PolicyDialog table={allowing} onClose={() => setAllowing(undefined)} />}
    </>
  );
}

function limits({ columns, rows }: ExposedTable["policies"][number]): string {
  if (columns === null && (rows === null || rows === undefined)) return "";
  return columns === null ? ": some rows" : rows === null ? ": some columns" : ": some rows and columns";
}

function Actions({
  table,
  onAllow,
}: {
  readonly table: ExposedTable;
  readonly onAllow: () => void;
}): ReactNode {
  const command = useCommand();
  const [asking, setAsking] = useState(false);
  const { name } = table;
  const hide = async (): Promise<void> => {
    await api.DELETE("/api/v1/data-api/tables/{name}", { params: { path: { name } } });
    await command.run({ title: `${name} is hidden`, act: () => Promise.resolve() });
  };
  return (
    <span className="inline-flex">
      <IconButton size="small" icon={UserPlus} label={`Who sees ${name}`} onClick={onAllow} />
      <IconButton size="small" icon={EyeOff} label={`Hide ${name}`} onClick={() => setAsking(true)} />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Hide ${name}?`}
        action="Hide"
        danger
        onConfirm={hide}
      >
        <p>Programs that read it are refused within a second. The table itself stays as it is.</p>
      </ConfirmDialog>
    </span>
  );
}
