import type { ReactNode } from "react";
import { Skeleton } from "../components/skeleton.tsx";

/** Keeps the place of a page that is being loaded. */
export function PagePending(): ReactNode {
  return (
    <div role="status">
      <span className="sr-only">Loading</span>
      <Skeleton className="mb-6 h-7 w-56" />
      <Skeleton className="mb-4 h-24 w-full" />
      <Skeleton className="h-72 w-full" />
    </div>
  );
}
