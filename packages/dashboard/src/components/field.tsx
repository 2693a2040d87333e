import { useId, type ReactNode } from "react";

interface FieldProps {
  readonly label: string;
  /** What belongs in it. */
  readonly hint?: ReactNode;
  /** Why what stands in it will not do. */
  readonly problem?: string | undefined;
  readonly optional?: boolean;
  /** The field, to be given these attributes. */
  readonly children: (attributes: FieldAttributes) => ReactNode;
}

/** What ties a field to its label, hint and problem. */
export interface FieldAttributes {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
}

/** A field with its label, hint and problem. */
export function Field({ label, hint, problem, optional = false, children }: FieldProps): ReactNode {
  const id = useId();
  const described = [hint === undefined ? "" : `${id}-hint`, problem === undefined ? "" : `${id}-problem`];
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
        {optional && <span className="font-normal text-muted"> (optional)</span>}
      </label>
      {children({
        id,
        "aria-describedby": described.join(" ").trim() || undefined,
        "aria-invalid": problem === undefined ? undefined : true,
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-sm text-muted">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className="mt-1 text-sm text-failed">
          {problem}
        </p>
      )}
    </div>
  );
}
