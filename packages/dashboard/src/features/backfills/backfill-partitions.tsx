import { useState, type ReactNode } from "react";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Duration } from "../../components/quantity.tsx";
import { Select } from "../../components/select.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Status } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { usePages } from "../shared/use-pages.ts";

const CHOICES = [
  { value: "", label: "All parts" },
  { value: "running", label: "Running" },
  { value: "queued", label: "Queued" },
  { value: "waiting", label: "Waiting" },
  { value: "failed", label: "Failed" },
  { value: "succeeded", label: "Succeeded" },
] as const;

/** The parts of a backfill with their runs. */
export function BackfillPartitions({ id }: { readonly id: string }): ReactNode {
  const [state, setState] = useState<(typeof CHOICES)[number]["value"]>("");
  const pages = usePages("/api/v1/backfills/{id}/partitions", {
    path: { id },
    query: { limit: 200, ...(state === "" ? {} : { state }) },
  });
  return (
    <div className="mt-4 rounded-md border border-line">
      <div className="border-b border-line p-2">
        <Select label="State" value={state} choices={CHOICES} onChange={setState} />
      </div>
      {pages.error !== null ? (
        <ErrorState error={pages.error} onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={3} />
      ) : pages.items.length === 0 ? (
        <p className="p-4 text-center text-sm text-muted">None is like that.</p>
      ) : (
        <ul className="max-h-96 divide-y divide-line overflow-y-auto" tabIndex={0} aria-label="Parts">
          {pages.items.map((part) => (
            <li key={part.partition} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-1.5">
              <span className="w-28 shrink-0">
                <Status quiet status={part.state} />
              </span>
              <span className="min-w-0 flex-1 basis-32 font-mono text-sm wrap-anywhere">
                {part.run === null ? (
                  part.partition
                ) : (
                  <TextLink to="/runs/$id" params={{ id: part.run }}>
                    {part.partition}
                  </TextLink>
                )}
              </span>
              {part.error !== null && (
                <span
                  className="min-w-0 flex-1 basis-48 truncate text-sm text-failed"
                  title={part.error.message}
                >
                  {part.error.message}
                </span>
              )}
              <span className="text-sm text-muted">
                <Duration ms={part.durationMs} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="parts" />
    </div>
  );
}
