import { UserMinus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { IconButton } from "../../components/icon-button.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { useCommand } from "../shared/use-command.ts";
import type { ExposedTable } from "./exposed-tables.tsx";
import { FormEnd } from "./form-end.tsx";
import { useForm } from "./use-form.ts";

interface PolicyDialogProps {
  readonly table: ExposedTable;
  readonly onClose: () => void;
}

/** Who sees a table, and what of it. */
export function PolicyDialog({ table: { name, policies }, onClose }: PolicyDialogProps): ReactNode {
  const command = useCommand();
  const [role, setRole] = useState("");
  const [columns, setColumns] = useState("");
  const [rows, setRows] = useState("");
  const form = useForm(async () => {
    const named = columns
      .split(",")
      .map((column) => column.trim())
      .filter((column) => column !== "");
    await api.PUT("/api/v1/data-api/tables/{name}/policies/{role}", {
      params: { path: { name, role } },
      body: {
        columns: named.length === 0 ? null : named,
        ...(rows.trim() === "" ? {} : { rows: JSON.parse(rows) as unknown }),
      },
    });
    onClose();
  }, "/api/v1/data-api/tables");
  const deny = (gone: string): void => {
    const path = { name, role: gone };
    const act = (): Promise<unknown> =>
      api.DELETE("/api/v1/data-api/tables/{name}/policies/{role}", { params: { path } });
    void command
      .run({ title: `${gone} does not see ${name} any more`, act })
      .then((done) => done && onClose());
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Who sees ${name}`}
      description="The role public is everybody without a key."
    >
      <ul className="mb-4 divide-y divide-line rounded-md border border-line">
        {policies.map((policy) => (
          <li key={policy.role} className="flex items-center justify-between gap-3 px-3 py-1.5">
            <span className="min-w-0">
              <span className="font-medium">{policy.role}</span>
              <span className="block truncate text-sm text-muted">
                {policy.columns === null ? "all columns" : policy.columns.join(", ")}
                {policy.rows === null || policy.rows === undefined
                  ? ""
                  : ` where ${JSON.stringify(policy.rows)}`}
              </span>
            </span>
            <IconButton
              size="small"
              icon={UserMinus}
              label={`End that ${policy.role} sees it`}
              onClick={() => deny(policy.role)}
            />
          </li>
        ))}
        {policies.length === 0 && <li className="px-3 py-2 text-muted">Nobody sees it yet.</li>}
      </ul>
      <form onSubmit={form.submit} className="space-y-4">
        <Field label="Role" hint="Of keys; public: everybody.">
          {(attributes) => (
            <Input
              {...attributes}
              required
              autoComplete="off"
              pattern="[A-Za-z_][A-Za-z0-9_\-]{0,39}"
              value={role}
              onChange={(event) => setRole(event.target.value)}
            />
          )}
        </Field>
        <Field label="Only these columns" optional hint="By commas.">
          {(attributes) => (
            <Input
              {...attributes}
              autoComplete="off"
              className="font-mono"
              value={columns}
              onChange={(event) => setColumns(event.target.value)}
            />
          )}
        </Field>
        <Field
          label="Only rows for which this holds"
          optional
          hint='A filter: {"column":"country","op":"eq","value":"at"}'
        >
          {(attributes) => (
            <TextArea
              {...attributes}
              rows={2}
              spellCheck={false}
              className="font-mono text-sm"
              value={rows}
              onChange={(event) => setRows(event.target.value)}
            />
          )}
        </Field>
        <FormEnd form={form} action="Let it see the table" onClose={onClose} />
      </form>
    </Dialog>
  );
}
