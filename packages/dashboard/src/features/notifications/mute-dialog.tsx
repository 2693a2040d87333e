import { useState, type FormEvent, type ReactNode } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Field } from "../../components/field.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";
import { useToast } from "../../components/toasts.tsx";
import { useQueryClient } from "@tanstack/react-query";

interface MuteDialogProps {
  /** Mutes what is told of this pipeline. */
  readonly pipeline?: string;
  /** Mutes this rule. */
  readonly rule?: string;
  readonly onClose: () => void;
}

const HOUR_MS = 3_600_000;
const SPANS = [
  { value: "1", label: "1 hour" },
  { value: "4", label: "4 hours" },
  { value: "24", label: "1 day" },
  { value: "72", label: "3 days" },
  { value: "168", label: "1 week" },
  { value: "720", label: "30 days" },
] as const;

/** Keeps notifications from being sent for a while; what happens is recorded all the same. */
export function MuteDialog({ pipeline, rule, onClose }: MuteDialogProps): ReactNode {
  const toast = useToast();
  const queries = useQueryClient();
  const [hours, setHours] = useState<string>("4");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const subject = pipeline ?? rule ?? "";
  const mute = async (): Promise<void> => {
    setBusy(true);
    try {
      await api.POST("/api/v1/notifications/mutes", {
        body: {
          ...(pipeline === undefined ? {} : { pipeline }),
          ...(rule === undefined ? {} : { rule }),
          ...(reason === "" ? {} : { reason }),
          until: new Date(Date.now() + Number(hours) * HOUR_MS).toISOString(),
        },
      });
      toast.done(`${subject} is muted`);
      await queries.invalidateQueries({ queryKey: ["/api/v1/notifications/mutes"] });
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void mute();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Mute ${subject}`}
      description="Nothing is sent until the time is over. What happens is recorded and shown as before."
    >
      <form onSubmit={submit} className="space-y-4">
        <Field label="For how long">
          {(attributes) => (
            <Select {...attributes} className="w-full" value={hours} choices={SPANS} onChange={setHours} />
          )}
        </Field>
        <Field label="Why" optional hint="Others see it beside the mute.">
          {(attributes) => (
            <Input
              {...attributes}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {problem !== undefined && <ErrorState small error={problem} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={busy}>
            Mute
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
