import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { FormEnd } from "./form-end.tsx";
import { useForm } from "./use-form.ts";

const SEEN_BY = [
  { value: "reader", label: "Keys with the role reader" },
  { value: "public", label: "Everybody, without a key" },
  { value: "", label: "Nobody yet" },
] as const;

/** Exposes a table, and lets a first role see it. */
export function ExposeDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [table, setTable] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<string>("reader");
  const form = useForm(async () => {
    const dot = table.indexOf(".");
    const [schema, bare] = dot < 0 ? ["public", table] : [table.slice(0, dot), table.slice(dot + 1)];
    const called = name === "" ? bare : name;
    const path = { name: called };
    await api.PUT("/api/v1/data-api/tables/{name}", { params: { path }, body: { schema, table: bare } });
    if (role !== "")
      await api.PUT("/api/v1/data-api/tables/{name}/policies/{role}", {
        params: { path: { ...path, role } },
        body: {},
      });
    onClose();
  }, "/api/v1/data-api/tables");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Expose a table"
      description="Programs read it by REST and GraphQL. Nobody can write."
    >
      <form onSubmit={form.submit} className="space-y-4">
        <Field
          label="Table"
          hint="Its name in the database, with the schema in front where that is not public."
        >
          {(attributes) => (
            <Input
              {...attributes}
              required
              autoFocus
              autoComplete="off"
              className="font-mono"
              value={table}
              onChange={(event) => setTable(event.target.value)}
            />
          )}
        </Field>
        <Field label="Called" optional hint="Its name in addresses, where that is another one.">
          {(attributes) => (
            <Input
              {...attributes}
              autoComplete="off"
              pattern="[A-Za-z_][A-Za-z0-9_\-]{0,62}"
              className="font-mono"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Seen by">
          {(attributes) => (
            <Select {...attributes} className="w-full" value={role} choices={SEEN_BY} onChange={setRole} />
          )}
        </Field>
        <FormEnd form={form} action="Expose" onClose={onClose} />
      </form>
    </Dialog>
  );
}
