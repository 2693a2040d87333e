import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ButtonLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatNumberOf } from "../../format/format-count.ts";

interface FailureNoteProps {
  readonly run: {
    readonly id: string;
    readonly finishedAt: string | null;
    readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  };
  /** Failures in a row. */
  readonly failures: number;
}

/** Why the last run failed and what to do, at the top of whatever it belongs to. */
export function FailureNote({ run, failures }: FailureNoteProps): ReactNode {
  if (run.error === null) return null;
  return (
    <section
      aria-label="Last failure"
      className="flex gap-3 rounded-lg border border-failed bg-failed-soft p-4"
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-[18px] shrink-0 text-failed" />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere" dir="auto">
          {run.error.message}
        </p>
        {run.error.hint !== null && (
          <p className="mt-1 text-sm wrap-anywhere" dir="auto">
            {run.error.hint}
          </p>
        )}
        <p className="mt-2 text-sm text-muted">
          <code className="font-mono text-xs">{run.error.code}</code> · <Time at={run.finishedAt} />
          {failures > 1 && ` · ${formatNumberOf(failures, "failure")} in a row`}
        </p>
        <div className="mt-3 flex flex-wrap gap-2">
          <ButtonLink size="small" to="/runs/$id" params={{ id: run.id }}>
            Open the run
          </ButtonLink>
          <ButtonLink size="small" to="/runs/$id" params={{ id: run.id }} search={{ tab: "logs" }}>
            Log
          </ButtonLink>
          <ButtonLink size="small" to="/runs/$id" params={{ id: run.id }} search={{ tab: "compare" }}>
            What changed
          </ButtonLink>
        </div>
      </div>
    </section>
  );
}
