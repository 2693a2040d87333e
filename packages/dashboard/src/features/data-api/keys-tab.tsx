import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus, Trash2 } from "lucide-react";
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
import { Time } from "../../components/time.tsx";
import { useCommand } from "../shared/use-command.ts";
import { NewKeyDialog } from "./new-key-dialog.tsx";

type Key = Answer<"/api/v1/data-api/keys">["items"][number];

const COLUMNS: readonly Column<Key>[] = [
  {
    id: "name",
    header: "Name",
    cell: (key) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium" title={key.name}>
          {key.name}
        </span>
        <code className="hidden font-mono text-xs text-muted sm:inline">{key.hint}…</code>
        {key.revokedAt !== null && <Badge tone="paused">revoked</Badge>}
      </span>
    ),
    text: true,
  },
  { id: "role", header: "Role", width: "w-28", cell: ({ role }) => role },
  {
    id: "requests",
    header: "Requests, 7 days",
    align: "end",
    width: "w-36",
    from: "md",
    cell: ({ requests }) => requests.toLocaleString(),
  },
  {
    id: "used",
    header: "Last used",
    align: "end",
    width: "w-28",
    from: "sm",
    cell: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    id: "expires",
    header: "Ends",
    align: "end",
    width: "w-28",
    from: "md",
    cell: ({ expiresAt }) => <Time at={expiresAt} />,
  },
];

/** What programs show to the data API. */
export function KeysTab(): ReactNode {
  const { isAdmin } = useRole();
  const query = useQuery(getQuery("/api/v1/data-api/keys"));
  const [making, setMaking] = useState(false);
  const actions: Column<Key> = {
    id: "actions",
    header: "Actions",
    align: "end",
    width: "w-20",
    cell: (key) => <Revoke of={key} />,
  };
  return (
    <>
      {isAdmin && (
        <div className="mb-3 flex justify-end">
          <Button kind="primary" icon={Plus} onClick={() => setMaking(true)}>
            New key
          </Button>
        </div>
      )}
      <Card flush>
        <QueryView query={query} what="The keys">
          {({ items }) => (
            <DataTable
              label="Keys of the data API"
              rows={items}
              columns={isAdmin ? [...COLUMNS, actions] : COLUMNS}
              rowKey={({ id }) => id}
              empty={
                <EmptyState icon={KeyRound} title="No keys">
                  A program sends one as <code className="font-mono">Authorization: Bearer mlrd_…</code>.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {making && <NewKeyDialog onClose={() => setMaking(false)} />}
    </>
  );
}

function Revoke({ of: { id, name, revokedAt } }: { readonly of: Key }): ReactNode {
  const command = useCommand();
  const [asking, setAsking] = useState(false);
  if (revokedAt !== null) return null;
  const revoke = async (): Promise<void> => {
    await api.DELETE("/api/v1/data-api/keys/{id}", { params: { path: { id } } });
    await command.run({ title: `${name} is revoked`, act: () => Promise.resolve() });
  };
  return (
    <>
      <IconButton size="small" icon={Trash2} label={`Revoke ${name}`} onClick={() => setAsking(true)} />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke ${name}?`}
        action="Revoke"
        danger
        onConfirm={revoke}
      >
        <p>Programs that use it are refused within a second. It cannot be taken back.</p>
      </ConfirmDialog>
    </>
  );
}
