import { RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/api-error.ts";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";

interface ErrorStateProps {
  readonly error: unknown;
  /** What was wanted, such as `The runs could not be loaded`. */
  readonly title?: string;
  readonly onRetry?: () => void;
  /** One line high: inside of forms and dialogs. */
  readonly small?: boolean;
}

/** Says what went wrong with its code, and what to do next. */
export function ErrorState({ error, title, onRetry, small = false }: ErrorStateProps): ReactNode {
  const { message, hint, code } = told(error);
  return (
    <div
      role="alert"
      className={classNames("flex gap-3 rounded-md text-left", small ? "bg-failed-soft p-3" : "p-5")}
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-[18px] shrink-0 text-failed" />
      <div className="min-w-0 flex-1">
        {title !== undefined && <p className="font-medium">{title}</p>}
        <p className={title === undefined ? "font-medium" : "text-muted"}>{message}</p>
        {hint !== undefined && <p className="mt-1 text-sm text-muted">{hint}</p>}
        <div className="mt-2 flex flex-wrap items-center gap-3">
          {onRetry !== undefined && (
            <Button size="small" icon={RotateCw} onClick={onRetry}>
              Try again
            </Button>
          )}
          {code !== undefined && <code className="font-mono text-xs text-muted">{code}</code>}
        </div>
      </div>
    </div>
  );
}

interface Told {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly code?: string;
}

/** What to say of anything that was thrown. */
export function told(error: unknown): Told {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint, code: error.code };
  return {
    message: "The page came across something that it did not expect.",
    hint: error instanceof Error ? error.message : undefined,
  };
}
