import type { ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import type { SentForm } from "./use-form.ts";

interface FormEndProps {
  readonly form: SentForm;
  /** What the button says. */
  readonly action: string;
  readonly onClose: () => void;
}

/** What went wrong, and the buttons below a form. */
export function FormEnd({ form, action, onClose }: FormEndProps): ReactNode {
  return (
    <>
      {form.problem !== undefined && <ErrorState small error={form.problem} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" busy={form.busy}>
          {action}
        </Button>
      </div>
    </>
  );
}
