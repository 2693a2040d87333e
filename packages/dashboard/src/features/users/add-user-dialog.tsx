import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { ROLE_CHOICES, type Role } from "./roles.ts";
import { SignInLink } from "./sign-in-link.tsx";

interface Link {
  readonly path: string;
  readonly expiresAt: string;
}

const LINK_MINUTES = 1_440;

/** Adds a user, who signs in by a link first and chooses a password. */
export function AddUserDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [link, setLink] = useState<Link>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const add = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await api.POST("/api/v1/users", { body: { name, role } });
      await queries.invalidateQueries({ queryKey: ["/api/v1/users"] });
      if (data !== undefined) {
        const made = await api.POST("/api/v1/users/{id}/link", {
          params: { path: { id: data.id } },
          body: { validMinutes: LINK_MINUTES },
        });
        setLink(made.data);
      }
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void add();
  };
  if (link !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={`${name} is added`}
        footer={
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <SignInLink {...link} />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Add a user"
      description="You get a link to hand on, by which they choose a password."
    >
      <form onSubmit={submit} className="space-y-4">
        <Field label="Name" hint="Letters, digits and . _ @ + -">
          {(attributes) => (
            <Input
              {...attributes}
              required
              autoFocus
              maxLength={64}
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Role">
          {(attributes) => (
            <Select
              {...attributes}
              className="w-full"
              value={role}
              choices={ROLE_CHOICES}
              onChange={setRole}
            />
          )}
        </Field>
        {problem !== undefined && <ErrorState small error={problem} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
