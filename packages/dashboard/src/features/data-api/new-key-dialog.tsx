import { useState, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { CodeBlock } from "../../components/code-block.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { FormEnd } from "./form-end.tsx";
import { useForm } from "./use-form.ts";

const ENDS = [
  { value: "30", label: "In 30 days" },
  { value: "365", label: "In a year" },
  { value: "", label: "Never" },
] as const;

/** Makes a key and shows it the one time that it can be shown. */
export function NewKeyDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState("");
  const [role, setRole] = useState("reader");
  const [ends, setEnds] = useState<string>("365");
  const [secret, setSecret] = useState<string>();
  const form = useForm(async () => {
    const { data } = await api.POST("/api/v1/data-api/keys", {
      body: { name, role, expiresInDays: ends === "" ? null : Number(ends) },
    });
    setSecret(data?.secret);
  }, "/api/v1/data-api/keys");
  if (secret !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={`Key ${name}`}
        description="Copy it now: it is kept as a hash and cannot be shown again."
        footer={
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <CodeBlock code={secret} label="The key" wrap />
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title="New key" description="For a program that reads the data API.">
      <form onSubmit={form.submit} className="space-y-4">
        <Field label="Name" hint="What uses it.">
          {(attributes) => (
            <Input
              {...attributes}
              required
              autoFocus
              maxLength={200}
              autoComplete="off"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Role" hint="It sees what this role sees.">
            {(attributes) => (
              <Input
                {...attributes}
                required
                pattern="[A-Za-z_][A-Za-z0-9_\-]{0,39}"
                autoComplete="off"
                value={role}
                onChange={(event) => setRole(event.target.value)}
              />
            )}
          </Field>
          <Field label="Ends">
            {(attributes) => (
              <Select {...attributes} className="w-full" value={ends} choices={ENDS} onChange={setEnds} />
            )}
          </Field>
        </div>
        <FormEnd form={form} action="Make the key" onClose={onClose} />
      </form>
    </Dialog>
  );
}
