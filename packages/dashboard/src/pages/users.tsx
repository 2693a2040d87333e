import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useRole } from "../api/use-role.ts";
import { Tabs, type Tab } from "../components/tabs.tsx";
import { OwnAccount } from "../features/users/own-account.tsx";
import { TokensTab } from "../features/users/tokens-tab.tsx";
import { UsersTab } from "../features/users/users-tab.tsx";
import { PageHeader } from "../layout/page-header.tsx";

/** Who may sign in, what programs sign in with, and one's own account. */
export function UsersPage(): ReactNode {
  const { tab } = useSearch({ from: "/shell/users" });
  const { isAdmin } = useRole();
  const navigate = useNavigate();
  const users: Tab = { id: "users", label: "Users", content: () => <UsersTab /> };
  const tabs: readonly Tab[] = [
    ...(isAdmin ? [users] : []),
    { id: "tokens", label: "Tokens", content: () => <TokensTab /> },
    { id: "me", label: "Your account", content: () => <OwnAccount /> },
  ];
  return (
    <>
      <PageHeader
        title="Users and tokens"
        description="People sign in by name, programs by token. A role says what each may do."
      />
      <Tabs
        label="Users and tokens"
        value={tab ?? tabs[0]?.id ?? ""}
        onChange={(id) => void navigate({ to: "/users", search: { tab: id }, replace: true })}
        tabs={tabs}
      />
    </>
  );
}
