import { Check, X } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { useRole } from "../../api/use-role.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { useCommand } from "../shared/use-command.ts";
import type { DocumentDetail, DocumentFields, FieldText } from "./document-fields.ts";
import { LinesForm } from "./lines-form.tsx";

interface ReviewFormProps {
  readonly document: DocumentDetail;
  readonly fields: DocumentFields;
  readonly current: string | undefined;
  readonly onPick: (field: string | undefined) => void;
}

/** A confidence below is marked. */
const SURE = 0.8;

/** The fields of a document: to be corrected and accepted while it waits for review, or after it landed. */
export function ReviewForm({ document, fields, onPick }: ReviewFormProps): ReactNode {
  const command = useCommand();
  const { isOperator } = useRole();
  const [values, setValues] = useState<Readonly<Record<string, FieldText>>>({});
  const [lines, setLines] = useState<DocumentFields["lines"]>({});
  const [rejecting, setRejecting] = useState(false);
  const waits =
    document.state === "review" && !document.decisions.some(({ answeredAt }) => answeredAt === null);
  const editable = isOperator && waits;
  const changed = Object.keys(values).length + Object.keys(lines).length > 0;
  const path = { path: { id: document.id } };
  const accept = (event: FormEvent): void => {
    event.preventDefault();
    const body = {
      ...(Object.keys(values).length === 0 ? {} : { values }),
      ...(Object.keys(lines).length === 0
        ? {}
        : { lines: lines as Record<string, Record<string, FieldText>[]> }),
    };
    void command.run({
      title: changed ? `${document.name} was corrected` : `${document.name} was accepted`,
      text: "It lands as soon as its pipeline runs.",
      act: () => api.POST("/api/v1/documents/{id}/accept", { params: path, body }),
    });
  };
  const reject = async (): Promise<void> => {
    await command.run({
      title: `${document.name} was rejected`,
      act: () => api.POST("/api/v1/documents/{id}/reject", { params: path, body: null }),
    });
  };
  return (
    <form onSubmit={accept} className="space-y-4">
      {fields.problems.map(({ message }) => (
        <p key={message} className="rounded-md bg-late-soft px-3 py-2 text-sm text-late">
          {message}
        </p>
      ))}
      {Object.entries(fields.values).map(([name, read]) => (
        <Field
          key={name}
          label={name}
          hint={
            <Sureness
              read={read}
              confidence={fields.fieldConfidence[name]}
              place={fields.places[name]?.raw}
            />
          }
        >
          {(attributes) => (
            <Input
              {...attributes}
              readOnly={!editable}
              value={name in values ? (values[name] ?? "") : (read ?? "")}
              onFocus={() => onPick(name)}
              onChange={(event) =>
                setValues({ ...values, [name]: event.target.value === "" ? null : event.target.value })
              }
            />
          )}
        </Field>
      ))}
      {Object.entries(fields.lines).map(([name, rows]) => (
        <LinesForm
          key={name}
          name={name}
          rows={lines[name] ?? rows}
          editable={editable}
          onChange={(next) => setLines({ ...lines, [name]: next })}
        />
      ))}
      {editable && (
        <div className="flex flex-wrap gap-2">
          <Button type="submit" kind="primary" icon={Check} busy={command.busy}>
            {changed ? "Correct and accept" : "Accept"}
          </Button>
          <Button icon={X} onClick={() => setRejecting(true)}>
            Reject
          </Button>
        </div>
      )}
      <ConfirmDialog
        open={rejecting}
        onOpenChange={setRejecting}
        title={`Reject ${document.name}?`}
        action="Reject"
        onConfirm={reject}
      >
        <p>It does not land, and its file goes to the failed ones. It can be done again later.</p>
      </ConfirmDialog>
    </form>
  );
}

function Sureness({
  read,
  confidence,
  place,
}: {
  readonly read: FieldText;
  readonly confidence: number | undefined;
  readonly place: string | undefined;
}): ReactNode {
  if (read === null) return <span className="text-late">not found</span>;
  const sure = confidence === undefined ? undefined : `${Math.round(confidence * 100)} % sure`;
  const raw = place === undefined || place === read ? undefined : `read as “${place}”`;
  const text = [sure, raw].filter((part) => part !== undefined).join(", ");
  return <span className={confidence !== undefined && confidence < SURE ? "text-late" : ""}>{text}</span>;
}
