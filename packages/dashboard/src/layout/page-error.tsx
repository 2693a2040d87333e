import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "../components/card.tsx";
import { ErrorState } from "../components/error-state.tsx";

/** Stands instead of a page that could not be shown. */
export function PageError({
  error,
  reset,
}: {
  readonly error: unknown;
  readonly reset: () => void;
}): ReactNode {
  const router = useRouter();
  const retry = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <div className="mx-auto max-w-2xl py-8">
      <Card>
        <ErrorState error={error} title="This page could not be shown" onRetry={retry} />
      </Card>
    </div>
  );
}
