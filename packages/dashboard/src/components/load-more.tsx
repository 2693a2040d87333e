import type { ReactNode } from "react";
import { Button } from "./button.tsx";

interface LoadMoreProps {
  readonly hasMore: boolean;
  readonly busy: boolean;
  readonly onMore: () => void;
  /** What there is more of. */
  readonly what: string;
}

/** Asks for the next page of a list. */
export function LoadMore({ hasMore, busy, onMore, what }: LoadMoreProps): ReactNode {
  if (!hasMore) return null;
  return (
    <div className="flex justify-center border-t border-line p-3">
      <Button onClick={onMore} busy={busy}>
        Load more {what}
      </Button>
    </div>
  );
}
