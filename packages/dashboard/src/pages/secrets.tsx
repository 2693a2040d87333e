import { useQuery } from "@tanstack/react-query";
import { KeyRound, Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../api/client.ts";
import { getQuery, type Answer } from "../api/get-query.ts";
import { useRole } from "../api/use-role.ts";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import type { Column } from "../components/column.ts";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { DataTable } from "../components/data-table.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { IconButton } from "../components/icon-button.tsx";
import { QueryView } from "../components/query-view.tsx";
import { Time } from "../components/time.tsx";
import { useCommand } from "../features/shared/use-command.ts";
import { SecretDialog } from "../features/secrets/secret-dialog.tsx";
import { PageHeader } from "../layout/page-header.tsx";

type Secret = Answer<"/api/v1/secrets">["items"][number];

const COLUMNS: readonly Column<Secret>[] = [
  {
    id: "name",
    header: "Name",
    cell: ({ name }) => (
      <span className="font-mono text-sm" title={name}>
        {name}
      </span>
    ),
    sortValue: ({ name }) => name,
  },
  {
    id: "version",
    header: "Version",
    align: "end",
    width: "w-24",
    from: "sm",
    cell: ({ version }) => version,
    sortValue: ({ version }) => version,
  },
  {
    id: "by",
    header: "Set by",
    from: "md",
    width: "w-40",
    cell: ({ updatedBy }) => updatedBy,
    sortValue: ({ updatedBy }) => updatedBy,
    text: true,
  },
  {
    id: "at",
    header: "Set",
    align: "end",
    width: "w-28",
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
    sortValue: ({ updatedAt }) => updatedAt,
  },
];

/** Names of secrets; their values are set here and shown nowhere. */
export function SecretsPage(): ReactNode {
  const { isAdmin } = useRole();
  const query = useQuery(getQuery("/api/v1/secrets"));
  const [setting, setSetting] = useState<string>();
  const actions: Column<Secret> = {
    id: "actions",
    header: "Actions",
    align: "end",
    width: "w-24",
    cell: ({ name }) => <Actions name={name} onChange={() => setSetting(name)} />,
  };
  return (
    <>
      <PageHeader
        title="Secrets"
        description={`Passwords and keys that pipelines take by name. They are kept encrypted${query.data === undefined ? "" : ` in ${query.data.location}`}, and no page ever shows one.`}
        actions={
          isAdmin && (
            <Button kind="primary" icon={Plus} onClick={() => setSetting("")}>
              Set a secret
            </Button>
          )
        }
      />
      <Card flush>
        <QueryView query={query} what="The secrets">
          {({ items }) => (
            <DataTable
              label="Secrets"
              rows={items}
              columns={isAdmin ? [...COLUMNS, actions] : COLUMNS}
              rowKey={({ name }) => name}
              sort={{ column: "name", descending: false }}
              empty={
                <EmptyState icon={KeyRound} title="No secrets">
                  A pipeline names one with <code className="font-mono">secret("name")</code> and gets its
                  value when it runs.
                </EmptyState>
              }
            />
          )}
        </QueryView>
      </Card>
      {setting !== undefined && <SecretDialog name={setting} onClose={() => setSetting(undefined)} />}
    </>
  );
}

function Actions({ name, onChange }: { readonly name: string; readonly onChange: () => void }): ReactNode {
  const command = useCommand();
  const [asking, setAsking] = useState(false);
  const remove = async (): Promise<void> => {
    await api.DELETE("/api/v1/secrets/{name}", { params: { path: { name }, query: { confirm: name } } });
    await command.run({ title: `${name} is deleted`, act: () => Promise.resolve() });
  };
  return (
    <span className="inline-flex">
      <IconButton size="small" icon={Pencil} label={`Change ${name}`} onClick={onChange} />
      <IconButton size="small" icon={Trash2} label={`Delete ${name}`} onClick={() => setAsking(true)} />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Delete ${name}?`}
        action="Delete"
        typed={name}
        danger
        onConfirm={remove}
      >
        <p>Pipelines that take it fail from their next run on. Its value cannot be brought back.</p>
      </ConfirmDialog>
    </span>
  );
}
