import type { ReactNode } from "react";

/** What a value was and what it became; where there was none before or after, only the other. */
export function DiffValue({
  before,
  after,
}: {
  readonly before: unknown;
  readonly after: unknown;
}): ReactNode {
  return (
    <span className="inline-flex max-w-full flex-wrap items-baseline gap-x-2 gap-y-1 font-mono text-sm">
      <del className="max-w-full rounded-sm bg-failed-soft px-1 text-failed wrap-anywhere">
        <span className="sr-only">before: </span>
        {valueText(before)}
      </del>
      <span aria-hidden className="text-faint">
        →
      </span>
      <ins className="max-w-full rounded-sm bg-succeeded-soft px-1 text-succeeded no-underline wrap-anywhere">
        <span className="sr-only">after: </span>
        {valueText(after)}
      </ins>
    </span>
  );
}

/** A value of a row as text. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return value === "" ? '""' : value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
