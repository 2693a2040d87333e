import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { useToast } from "../../components/toasts.tsx";

interface SecretDialogProps {
  /** Empty: a new one. */
  readonly name: string;
  readonly onClose: () => void;
}

/** As the server takes it. */
const NAME = "[A-Za-z][A-Za-z0-9._\\-]{0,127}";

/** Sets a secret: a new one, or a new value. */
export function SecretDialog({ name: given, onClose }: SecretDialogProps): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const [name, setName] = useState(given);
  const [value, setValue] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const save = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await api.PUT("/api/v1/secrets/{name}", {
        params: { path: { name } },
        body: { value },
      });
      toast.done(data?.outcome === "unchanged" ? `${name} had this value already` : `${name} is set`);
      await queries.invalidateQueries({ queryKey: ["/api/v1/secrets"] });
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void save();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={given === "" ? "Set a secret" : `Change ${given}`}
      description="The value is encrypted at once and cannot be read again."
    >
      <form onSubmit={submit} className="space-y-4">
        {given === "" && (
          <Field label="Name" hint="Begins with a letter; letters, digits and . _ -">
            {(attributes) => (
              <Input
                {...attributes}
                required
                autoFocus
                pattern={NAME}
                autoComplete="off"
                className="font-mono"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        )}
        <Field label="Value">
          {(attributes) => (
            <TextArea
              {...attributes}
              required
              autoFocus={given !== ""}
              autoComplete="off"
              spellCheck={false}
              maxLength={65_536}
              className="font-mono text-sm"
              value={value}
              onChange={(event) => setValue(event.target.value)}
            />
          )}
        </Field>
        {problem !== undefined && <ErrorState small error={problem} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Set
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
