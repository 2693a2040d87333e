import type { ReactNode } from "react";
import { formatShare } from "../format/format-count.ts";

interface ProgressProps {
  readonly label: string;
  /** From 0 to 1; null: it goes on, and nobody knows how far it is. */
  readonly share: number | null;
}

/** How much of something is done. */
export function Progress({ label, share }: ProgressProps): ReactNode {
  if (share === null) {
    return (
      <div
        role="progressbar"
        aria-label={label}
        className="h-1.5 overflow-hidden rounded-full bg-running-soft"
      >
        <div className="h-full w-1/3 animate-pulse-soft rounded-full bg-running" />
      </div>
    );
  }
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
      title={formatShare(share)}
      className="h-1.5 overflow-hidden rounded-full bg-running-soft"
    >
      <div
        className="h-full rounded-full bg-running transition-[width] duration-500"
        style={{ width: `${share * 100}%` }}
      />
    </div>
  );
}
