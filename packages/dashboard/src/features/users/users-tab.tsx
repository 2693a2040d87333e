import { Plus, UserRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { Button } from "../../components/button.tsx";
import type { Column } from "../../components/column.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageList } from "../../components/page-list.tsx";
import { Badge } from "../../components/status.tsx";
import { Time } from "../../components/time.tsx";
import { usePages } from "../shared/use-pages.ts";
import { AddUserDialog } from "./add-user-dialog.tsx";
import { UserMenu } from "./user-menu.tsx";

export type User = Answer<"/api/v1/users">["items"][number];

const COLUMNS: readonly Column<User>[] = [
  {
    id: "name",
    header: "Name",
    cell: (user) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium" title={user.name}>
          {user.name}
        </span>
        {user.disabledAt !== null && <Badge tone="paused">locked out</Badge>}
        {user.password === "unset" && <Badge tone="late">no password yet</Badge>}
      </span>
    ),
    text: true,
  },
  { id: "role", header: "Role", width: "w-28", cell: ({ role }) => role },
  {
    id: "by",
    header: "Signs in by",
    width: "w-40",
    from: "lg",
    cell: ({ password, issuer }) => (password === "external" ? (issuer ?? "another service") : "password"),
  },
  {
    id: "sessions",
    header: "Sessions",
    align: "end",
    width: "w-24",
    from: "md",
    cell: ({ sessions }) => sessions,
  },
  { id: "tokens", header: "Tokens", align: "end", width: "w-24", from: "md", cell: ({ tokens }) => tokens },
  {
    id: "last",
    header: "Last sign-in",
    align: "end",
    width: "w-28",
    from: "sm",
    cell: ({ lastSignInAt }) => <Time at={lastSignInAt} />,
  },
  { id: "actions", header: "Actions", align: "end", width: "w-20", cell: (user) => <UserMenu user={user} /> },
];

/** All users, for administrators. */
export function UsersTab(): ReactNode {
  const pages = usePages("/api/v1/users", { query: { limit: 100 } });
  const [adding, setAdding] = useState(false);
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button kind="primary" icon={Plus} onClick={() => setAdding(true)}>
          Add a user
        </Button>
      </div>
      <PageList
        pages={pages}
        what="users"
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={<EmptyState icon={UserRound} title="No users" />}
      />
      {adding && <AddUserDialog onClose={() => setAdding(false)} />}
    </>
  );
}
