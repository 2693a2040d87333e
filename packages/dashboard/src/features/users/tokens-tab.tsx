import { KeyRound, Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import type { Answer } from "../../api/get-query.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/column.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { PageList } from "../../components/page-list.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { usePages } from "../shared/use-pages.ts";
import { useCommand } from "../shared/use-command.ts";
import { NewTokenDialog } from "./new-token-dialog.tsx";

type Token = Answer<"/api/v1/tokens">["items"][number];

const COLUMNS: readonly Column<Token>[] = [
  {
    id: "name",
    header: "Name",
    cell: (token) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium" title={token.name}>
          {token.name}
        </span>
        <code className="hidden font-mono text-xs text-muted sm:inline">{token.hint}…</code>
        {token.revokedAt !== null && <Badge tone="paused">revoked</Badge>}
      </span>
    ),
    text: true,
  },
  { id: "user", header: "Of", width: "w-32", from: "md", cell: ({ user }) => user, text: true },
  { id: "role", header: "Role", width: "w-28", cell: ({ role }) => role },
  { id: "scope", header: "Limited to", from: "lg", cell: ({ scope }) => scopeText(scope), text: true },
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
  {
    id: "actions",
    header: "Actions",
    align: "end",
    width: "w-20",
    cell: (token) => <Revoke token={token} />,
  },
];

/** What programs sign in with: one's own tokens, or those of all for administrators. */
export function TokensTab(): ReactNode {
  const { isAdmin } = useRole();
  const pages = usePages("/api/v1/tokens", { query: { limit: 100, ...(isAdmin ? { all: "true" } : {}) } });
  const [making, setMaking] = useState(false);
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button kind="primary" icon={Plus} onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <PageList
        pages={pages}
        what="tokens"
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={KeyRound} title="No tokens">
            A program sends one as <code className="font-mono">Authorization: Bearer …</code> with each
            request.
          </EmptyState>
        }
      />
      {making && <NewTokenDialog onClose={() => setMaking(false)} />}
    </>
  );
}

function scopeText(scope: Token["scope"]): string {
  if (scope === null) return "–";
  return [...(scope.groups ?? []).map((group) => `group ${group}`), ...(scope.pipelines ?? [])].join(", ");
}

function Revoke({ token }: { readonly token: Token }): ReactNode {
  const command = useCommand();
  const [asking, setAsking] = useState(false);
  if (token.revokedAt !== null) return null;
  const revoke = async (): Promise<void> => {
    await api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id } } });
    await command.run({ title: `${token.name} is revoked`, act: () => Promise.resolve() });
  };
  return (
    <>
      <IconButton size="small" icon={Trash2} label={`Revoke ${token.name}`} onClick={() => setAsking(true)} />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke ${token.name}?`}
        action="Revoke"
        danger
        onConfirm={revoke}
      >
        <p>Programs that use it are refused from now on. It cannot be taken back.</p>
      </ConfirmDialog>
    </>
  );
}
