import type { ReactNode } from "react";
import { DiffValue } from "../../components/diff-value.tsx";
import { Badge, type Tone } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { rowChanges, type RowChange, type Version } from "./row-changes.ts";

const KINDS: Readonly<Record<RowChange["kind"], { label: string; tone: Tone }>> = {
  inserted: { label: "inserted", tone: "succeeded" },
  updated: { label: "updated", tone: "running" },
  removed: { label: "removed", tone: "failed" },
  restored: { label: "restored", tone: "late" },
};

/** What happened to a row, newest first, field by field. */
export function RowTimeline({
  versions,
  mode,
}: {
  readonly versions: readonly Version[];
  readonly mode: string;
}): ReactNode {
  const changes = rowChanges(versions);
  if (changes.length === 0)
    return (
      <p className="text-sm text-muted">
        No versions are kept.
        {mode === "merge"
          ? ""
          : ` Tables of the mode ${mode} have no history: merge keeps every old version.`}
      </p>
    );
  return (
    <ol className="space-y-4 border-l-2 border-line pl-4">
      {changes.map((change) => (
        <li key={`${change.kind}${change.at ?? ""}${String(change.fields.length)}`} className="relative">
          <span
            aria-hidden
            className="absolute top-2 -left-[1.35rem] size-2.5 rounded-full border-2 border-raised bg-line-strong"
          />
          <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
            <Badge tone={KINDS[change.kind].tone}>{KINDS[change.kind].label}</Badge>
            <Time at={change.at} never="at an unknown time" absolute />
            {change.run !== null && (
              <TextLink to="/runs/$id" params={{ id: change.run }}>
                run
              </TextLink>
            )}
          </p>
          {change.fields.length > 0 && (
            <dl className="mt-2 space-y-1.5">
              {change.fields.map((field) => (
                <div key={field.name} className="grid gap-x-3 sm:grid-cols-[8rem_minmax(0,1fr)]">
                  <dt className="text-sm text-muted wrap-anywhere">{field.name}</dt>
                  <dd className="min-w-0">
                    <DiffValue before={field.before} after={field.after} />
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </li>
      ))}
    </ol>
  );
}
