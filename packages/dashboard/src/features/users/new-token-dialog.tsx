import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { rolesUpTo, type Role } from "./roles.ts";

const ENDS = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "", label: "Never" },
] as const;

/** Makes a token and shows it the one time that it can be shown. */
export function NewTokenDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const { role: held } = useRole();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [ends, setEnds] = useState<string>("90");
  const [groups, setGroups] = useState("");
  const [secret, setSecret] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const make = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const named = groups
      .split(",")
      .map((group) => group.trim())
      .filter((group) => group !== "");
    try {
      const { data } = await api.POST("/api/v1/tokens", {
        body: {
          name,
          role,
          expiresInDays: ends === "" ? null : Number(ends),
          ...(named.length === 0 ? {} : { groups: named }),
        },
      });
      setSecret(data?.secret);
      await queries.invalidateQueries({ queryKey: ["/api/v1/tokens"] });
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void make();
  };
  if (secret !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={`Token ${name}`}
        description="Copy it now: it is kept as a hash and cannot be shown again."
        footer={
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <CodeBlock code={secret} label="The token" wrap />
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title="New token" description="For a program that calls the API.">
      <form onSubmit={submit} className="space-y-4">
        <Field label="Name" hint="What uses it.">
          {(attributes) => (
            <Input
              {...attributes}
              required
              autoFocus
              maxLength={100}
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Role">
            {(attributes) => (
              <Select
                {...attributes}
                className="w-full"
                value={role}
                choices={rolesUpTo(held)}
                onChange={setRole}
              />
            )}
          </Field>
          <Field label="Ends">
            {(attributes) => (
              <Select {...attributes} className="w-full" value={ends} choices={ENDS} onChange={setEnds} />
            )}
          </Field>
        </div>
        <Field
          label="Only these groups"
          optional
          hint="By commas. It then reads what belongs to them, and nothing else."
        >
          {(attributes) => (
            <Input {...attributes} value={groups} onChange={(event) => setGroups(event.target.value)} />
          )}
        </Field>
        {problem !== undefined && <ErrorState small error={problem} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
