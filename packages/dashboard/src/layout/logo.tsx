import type { ReactNode } from "react";

/** The mark: two streams. */
export function Logo({ className }: { readonly className?: string }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className ?? "size-6"}>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <path
        d="M6 12c3.3-3 6.7-3 10 0s6.7 3 10 0M6 20c3.3-3 6.7-3 10 0s6.7 3 10 0"
        fill="none"
        className="stroke-on-accent"
        strokeWidth="3"
        strokeLinecap="round"
      />
    </svg>
  );
}
