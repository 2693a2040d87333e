import type { ReactNode } from "react";
import { classNames } from "./class-names.ts";

/** Keeps the place of something that is on its way, at the size that it will have. */
export function Skeleton({ className }: { readonly className?: string }): ReactNode {
  return (
    <span
      aria-hidden
      className={classNames("block animate-pulse-soft rounded-sm bg-hover", className ?? "h-4 w-full")}
    />
  );
}

/** Keeps the place of `rows` lines of a list. */
export function SkeletonRows({
  rows,
  label = "Loading",
}: {
  readonly rows: number;
  readonly label?: string;
}): ReactNode {
  return (
    <div role="status" className="divide-y divide-line">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex h-11 items-center gap-4 px-4">
          <Skeleton
            className={classNames("h-3.5", index % 3 === 0 ? "w-1/3" : index % 3 === 1 ? "w-1/4" : "w-2/5")}
          />
          <Skeleton className="ml-auto h-3.5 w-20" />
        </div>
      ))}
    </div>
  );
}
