import type { ReactNode } from "react";
import { Badge } from "../../components/status.tsx";
import { formatNumberOf } from "../../format/format-count.ts";

/** What a backfill would do. */
export interface PlannedBackfill {
  /** Parts that would be queued. */
  readonly partitions: readonly string[];
  /** Parts that have succeeded before, and are left out. */
  readonly done: readonly string[];
  /** Parts that wait or run already. */
  readonly busy: readonly string[];
}

const STATES = [
  { key: "partitions", label: "is queued", tone: "running" },
  { key: "busy", label: "waits or runs already", tone: "late" },
  { key: "done", label: "done before", tone: "succeeded" },
] as const;
const SHOWN = 200;

/** The parts of a backfill before it is started, and what happens to each. */
export function BackfillPlan({ plan }: { readonly plan: PlannedBackfill }): ReactNode {
  const parts = STATES.flatMap((state) => plan[state.key].map((name) => ({ name, state }))).toSorted((a, b) =>
    a.name.localeCompare(b.name),
  );
  return (
    <section aria-label="Plan" aria-live="polite" className="rounded-md border border-line">
      <p className="border-b border-line px-3 py-2 font-medium">
        {formatNumberOf(plan.partitions.length, "run")} of {formatNumberOf(parts.length, "part")} would be
        queued
      </p>
      <ul tabIndex={0} aria-label="Parts" className="max-h-56 overflow-y-auto py-1">
        {parts.slice(0, SHOWN).map(({ name, state }) => (
          <li key={name} className="flex items-center justify-between gap-3 px-3 py-1">
            <span className="min-w-0 truncate font-mono text-sm">{name}</span>
            <Badge tone={state.tone}>{state.label}</Badge>
          </li>
        ))}
      </ul>
      {parts.length > SHOWN && (
        <p className="border-t border-line px-3 py-2 text-sm text-muted">
          and {formatNumberOf(parts.length - SHOWN, "more part", "more parts")}
        </p>
      )}
    </section>
  );
}
