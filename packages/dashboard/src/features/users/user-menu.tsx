import { EllipsisVertical, Link, LogOut, Trash2, UserCheck, UserX } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Menu } from "../../components/menu.tsx";
import { useToast } from "../../components/toasts.tsx";
import { useCommand } from "../shared/use-command.ts";
import { SignInLink } from "./sign-in-link.tsx";
import type { User } from "./users-tab.tsx";

const ROLES = ["viewer", "operator", "admin"] as const;
const LINK_MINUTES = 60;

/** What an administrator can do about a user. */
export function UserMenu({ user }: { readonly user: User }): ReactNode {
  const { name: own } = useRole();
  const command = useCommand();
  const toast = useToast();
  const [removing, setRemoving] = useState(false);
  const [link, setLink] = useState<{ readonly path: string; readonly expiresAt: string }>();
  const params = { path: { id: user.id } };
  const change = (body: { role?: (typeof ROLES)[number]; disabled?: boolean }, title: string): void => {
    void command.run({ title, act: () => api.PATCH("/api/v1/users/{id}", { params, body }) });
  };
  const makeLink = (): void => {
    api
      .POST("/api/v1/users/{id}/link", { params, body: { validMinutes: LINK_MINUTES } })
      .then(({ data }) => setLink(data))
      .catch((error: unknown) => toast.failed("No link was made", error));
  };
  const remove = async (): Promise<void> => {
    await api.DELETE("/api/v1/users/{id}", { params });
    await command.run({ title: `${user.name} is removed`, act: () => Promise.resolve() });
  };
  const locked = user.disabledAt !== null;
  return (
    <>
      <Menu
        items={[
          ...ROLES.filter((role) => role !== user.role).map((role) => ({
            label: `Make ${role}`,
            onSelect: () => change({ role }, `${user.name} is ${role} now`),
          })),
          {
            label: "Make a sign-in link",
            icon: Link,
            apart: true,
            disabled: user.password === "external",
            onSelect: makeLink,
          },
          {
            label: "End all sessions",
            icon: LogOut,
            disabled: user.sessions === 0,
            onSelect: () => {
              void command.run({
                title: `The sessions of ${user.name} are over`,
                act: () => api.POST("/api/v1/users/{id}/sign-out", { params }),
              });
            },
          },
          {
            label: locked ? "Let in again" : "Lock out",
            icon: locked ? UserCheck : UserX,
            apart: true,
            disabled: user.name === own,
            onSelect: () =>
              change(
                { disabled: !locked },
                locked ? `${user.name} may sign in again` : `${user.name} is locked out`,
              ),
          },
          {
            label: "Remove…",
            icon: Trash2,
            danger: true,
            disabled: user.name === own,
            onSelect: () => setRemoving(true),
          },
        ]}
      >
        <IconButton size="small" icon={EllipsisVertical} label={`Change ${user.name}`} />
      </Menu>
      <ConfirmDialog
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${user.name}?`}
        action="Remove"
        typed={user.name}
        danger
        onConfirm={remove}
      >
        <p>Their sessions and tokens end at once. What they did stays in the audit log.</p>
      </ConfirmDialog>
      {link !== undefined && (
        <Dialog
          open
          onOpenChange={() => setLink(undefined)}
          title={`Link for ${user.name}`}
          footer={
            <Button kind="primary" onClick={() => setLink(undefined)}>
              Done
            </Button>
          }
        >
          <SignInLink {...link} />
        </Dialog>
      )}
    </>
  );
}
