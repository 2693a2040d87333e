import { useId, useState, type FormEvent, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ErrorState } from "./error-state.tsx";
import { Input } from "./input.tsx";

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  /** What will happen, and whether it can be taken back. */
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly action: string;
  /** Has to be typed before the button can be pressed: for what cannot be taken back. */
  readonly typed?: string;
  /** It takes something away. */
  readonly danger?: boolean;
  /** The dialog closes when this is through; what it throws is shown. */
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks once more before something is done that hurts. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { open, onOpenChange, title } = props;
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title}>
      <ConfirmForm {...props} />
    </Dialog>
  );
}

function ConfirmForm({
  children,
  action,
  typed,
  danger = false,
  onConfirm,
  onOpenChange,
}: ConfirmDialogProps): ReactNode {
  const id = useId();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void confirm();
  };
  return (
    <form onSubmit={submit} className="space-y-4">
      <div className="space-y-2 text-muted">{children}</div>
      {typed !== undefined && (
        <div>
          <label htmlFor={id} className="mb-1 block text-sm font-medium">
            Type <span className="rounded-sm bg-sunken px-1 font-mono">{typed}</span> to go on
          </label>
          <Input
            id={id}
            value={text}
            onChange={(event) => setText(event.target.value)}
            autoComplete="off"
            autoFocus
          />
        </div>
      )}
      {problem !== undefined && <ErrorState small error={problem} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Keep as it is</Button>
        <Button
          type="submit"
          kind={danger ? "danger" : "primary"}
          busy={busy}
          disabled={typed !== undefined && text !== typed}
          autoFocus={typed === undefined}
        >
          {action}
        </Button>
      </div>
    </form>
  );
}
