import type { ReactNode } from "react";

/** Drawn one by one up to here. */
const DRAWN = 16;

/** How many of a worker's slots are taken: a mark each, and in numbers. */
export function SlotMeter({
  running,
  slots,
}: {
  readonly running: number;
  readonly slots: number;
}): ReactNode {
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      {slots <= DRAWN && (
        <span aria-hidden className="inline-flex gap-0.5">
          {Array.from({ length: slots }, (_, index) => (
            <span
              key={index}
              className={`h-3.5 w-1.5 rounded-sm ${index < running ? "bg-running" : "bg-line"}`}
            />
          ))}
        </span>
      )}
      <span className="text-sm text-muted">
        {running} of {slots}
      </span>
    </span>
  );
}
