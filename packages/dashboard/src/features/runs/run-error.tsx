import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { CodeBlock, CopyButton } from "../../components/code-block.tsx";
import { KeyValue } from "../../components/key-value.tsx";
import { valueText } from "../../components/diff-value.tsx";
import { formatNumberOf } from "../../format/format-count.ts";
import type { RunDetail } from "../shared/api-types.ts";

/** Why a run failed: what, where in the code or the data, and what to do next. */
export function RunErrorNote({ run }: { readonly run: RunDetail }): ReactNode {
  const { error, lastException } = run;
  const message = error?.message ?? lastException?.message;
  if (message === undefined) return null;
  const position = error?.position ?? lastException?.position ?? null;
  return (
    <section aria-label="Error" className="rounded-lg border border-failed bg-surface shadow-card">
      <div className="flex gap-3 rounded-t-lg bg-failed-soft p-4">
        <TriangleAlert aria-hidden className="mt-0.5 size-[18px] shrink-0 text-failed" />
        <div className="min-w-0 flex-1">
          <h2 className="font-medium wrap-anywhere" dir="auto">
            {message}
          </h2>
          {error !== null && <Hint error={error} />}
          {run.exceptions > 0 && (
            <p className="mt-1 text-sm text-muted">
              {formatNumberOf(run.exceptions, "exception")} that nobody caught
            </p>
          )}
        </div>
      </div>
      <div className="space-y-3 p-4 empty:hidden">
        {position !== null && <Place position={position} />}
        {error !== null && <Details details={error.details} />}
        {lastException?.stack != null && (
          <details>
            <summary className="text-sm font-medium">Stack</summary>
            <CodeBlock className="mt-2" label="Stack of the exception" code={lastException.stack} />
          </details>
        )}
      </div>
    </section>
  );
}

type RunError = NonNullable<RunDetail["error"]>;

function Hint({ error }: { readonly error: RunError }): ReactNode {
  return (
    <>
      {error.hint != null && (
        <p className="mt-1 wrap-anywhere" dir="auto">
          {error.hint}
        </p>
      )}
      <p className="mt-1.5 text-sm text-muted">
        <code className="font-mono text-xs">{error.code}</code>
        {error.retry === "later" && " · may pass when it is tried again"}
      </p>
    </>
  );
}

function Place({ position }: { readonly position: NonNullable<RunError["position"]> }): ReactNode {
  const place = [position.file, position.line, position.column].filter((part) => part !== null).join(":");
  return (
    <p className="flex flex-wrap items-center gap-2">
      <span className="text-sm text-muted">At</span>
      <code className="min-w-0 font-mono text-sm wrap-anywhere">{place}</code>
      <CopyButton text={place} label="Copy the place" />
    </p>
  );
}

/** An error that came live has no details yet: they come with the record. */
function Details({ details }: { readonly details: RunError["details"] | undefined }): ReactNode {
  const items = Object.entries(details ?? {}).map(
    ([name, value]) =>
      [
        name,
        <span key={name} className="font-mono text-sm wrap-anywhere">
          {valueText(value)}
        </span>,
      ] as const,
  );
  return items.length === 0 ? null : <KeyValue items={items} />;
}
