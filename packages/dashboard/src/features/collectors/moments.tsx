import type { ReactNode } from "react";
import { EmptyState } from "../../components/empty-state.tsx";
import { Time } from "../../components/time.tsx";

/** Something that happened to a collector. */
export interface Moment {
  readonly at: string;
  readonly what: string;
  readonly text: string;
}

/** What happened, latest first. */
export function Moments({
  label,
  items,
  empty,
}: {
  readonly label: string;
  readonly items: readonly Moment[];
  readonly empty: string;
}): ReactNode {
  if (items.length === 0) return <EmptyState title={empty} />;
  return (
    <ul aria-label={label} className="divide-y divide-line">
      {items.map(({ at, what, text }, index) => (
        <li key={`${at} ${index}`} className="flex flex-wrap gap-x-4 px-4 py-2">
          <span className="w-28 shrink-0 text-sm text-muted">
            <Time at={at} />
          </span>
          <span className="w-48 shrink-0 font-medium">{what}</span>
          <span className="min-w-0 flex-1 basis-64 break-words text-muted">{text}</span>
        </li>
      ))}
    </ul>
  );
}
