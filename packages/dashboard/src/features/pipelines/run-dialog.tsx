import { useNavigate } from "@tanstack/react-router";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import type { PipelineDetail } from "../shared/api-types.ts";
import { paramFields, readParams, type ParamField } from "./param-fields.ts";

interface RunDialogProps {
  readonly pipeline: PipelineDetail;
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** Asks for a run: values of the parameters by their schema, and how much is read. Then opens the run. */
export function RunDialog({ pipeline, open, onOpenChange }: RunDialogProps): ReactNode {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Run ${pipeline.name}`}
      description={waitNote(pipeline)}
    >
      <RunForm
        pipeline={pipeline}
        onClose={() => {
          onOpenChange(false);
        }}
      />
    </Dialog>
  );
}

function waitNote(pipeline: PipelineDetail): string | undefined {
  if (pipeline.state === "paused") return "The pipeline is paused: the run waits until it is resumed.";
  return pipeline.running > 0 ? "A run goes on: the new one waits until it is over." : undefined;
}

function RunForm({
  pipeline,
  onClose,
}: {
  readonly pipeline: PipelineDetail;
  readonly onClose: () => void;
}): ReactNode {
  const navigate = useNavigate();
  const fields = paramFields(pipeline.paramsSchema, pipeline.params);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [problems, setProblems] = useState<Readonly<Record<string, string>>>({});
  const [full, setFull] = useState(false);
  const [limit, setLimit] = useState("");
  const [since, setSince] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const start = async (): Promise<void> => {
    const read = readParams(fields, texts);
    const wrongLimit = limit !== "" && !/^[1-9]\d*$/.test(limit);
    setProblems({ ...read.problems, ...(wrongLimit ? { "": "Write a whole number above 0." } : {}) });
    if (wrongLimit || Object.keys(read.problems).length > 0) return;
    setBusy(true);
    setFailure(undefined);
    try {
      const { data } = await api.POST("/api/v1/pipelines/{name}/start", {
        params: { path: { name: pipeline.name } },
        headers: { "idempotency-key": crypto.randomUUID() },
        body: {
          ...(full ? { full } : {}),
          ...(limit === "" ? {} : { limit: Number(limit) }),
          ...(since === "" ? {} : { since }),
          ...(Object.keys(read.values).length === 0 ? {} : { params: read.values as Record<string, string> }),
        },
      });
      onClose();
      const [run] = data?.runs ?? [];
      if (run !== undefined) await navigate({ to: "/runs/$id", params: { id: run } });
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void start();
  };
  return (
    <form onSubmit={submit} className="space-y-4" noValidate>
      {fields.length === 0 && <p className="text-muted">This pipeline takes no parameters.</p>}
      {fields.map((field, index) => (
        <ParamInput
          key={field.name}
          first={index === 0}
          field={field}
          value={texts[field.name] ?? field.initial}
          problem={problems[field.name]}
          onChange={(text) => {
            setTexts({ ...texts, [field.name]: text });
          }}
        />
      ))}
      <details className="rounded-md border border-line px-3 py-2">
        <summary className="text-sm font-medium">How much is read</summary>
        <div className="mt-3 space-y-4 pb-1">
          <label className="flex items-start gap-2">
            <input
              type="checkbox"
              checked={full}
              onChange={(event) => {
                setFull(event.target.checked);
              }}
              className="mt-1 accent-accent"
            />
            <span>
              Read everything again
              <span className="block text-sm text-muted">
                Whatever the checkpoints say. Rows that are there already are not doubled where the table has
                a key.
              </span>
            </span>
          </label>
          <Field label="At most this many rows" optional problem={problems[""]}>
            {(attributes) => (
              <Input
                {...attributes}
                inputMode="numeric"
                value={limit}
                onChange={(event) => {
                  setLimit(event.target.value);
                }}
              />
            )}
          </Field>
          <Field
            label="Only what is newer than"
            optional
            hint="Such as 2026-01-01, where the source can be asked that way."
          >
            {(attributes) => (
              <Input
                {...attributes}
                value={since}
                onChange={(event) => {
                  setSince(event.target.value);
                }}
              />
            )}
          </Field>
        </div>
      </details>
      {failure !== undefined && <ErrorState small error={failure} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" busy={busy} autoFocus={fields.length === 0}>
          Run now
        </Button>
      </div>
    </form>
  );
}

interface ParamInputProps {
  /** Gets the focus when the form opens. */
  readonly first: boolean;
  readonly field: ParamField;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (text: string) => void;
}

function ParamInput({ first, field, value, problem, onChange }: ParamInputProps): ReactNode {
  return (
    <Field label={field.name} hint={field.description} problem={problem} optional={!field.required}>
      {(described) => {
        const attributes = { ...described, autoFocus: first };
        if (field.kind === "boolean")
          return (
            <Select {...attributes} value={value} choices={YES_NO} onChange={onChange} className="w-full" />
          );
        if (field.kind === "choice")
          return (
            <Select
              {...attributes}
              value={value}
              choices={choicesOf(field)}
              onChange={onChange}
              className="w-full"
            />
          );
        const given = {
          ...attributes,
          value,
          onChange: (event: { target: { value: string } }) => {
            onChange(event.target.value);
          },
        };
        if (field.kind === "json") return <TextArea {...given} className="font-mono text-sm" />;
        return <Input {...given} {...(field.kind === "text" ? {} : { inputMode: "decimal" as const })} />;
      }}
    </Field>
  );
}

const YES_NO = [
  { value: "true", label: "Yes" },
  { value: "false", label: "No" },
] as const;

function choicesOf(field: ParamField): { value: string; label: string }[] {
  const values = field.choices.map((choice) => ({ value: choice, label: choice }));
  return field.initial === "" ? [{ value: "", label: "Not chosen" }, ...values] : values;
}
