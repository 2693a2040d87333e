import { useSearch } from "@tanstack/react-router";
import { Bug } from "lucide-react";
import type { ReactNode } from "react";
import { Card } from "../components/card.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { ErrorState } from "../components/error-state.tsx";
import { LoadMore } from "../components/load-more.tsx";
import { SkeletonRows } from "../components/skeleton.tsx";
import { ErrorDetail } from "../features/errors/error-detail.tsx";
import { ErrorGroupRow } from "../features/errors/error-group-row.tsx";
import { usePages } from "../features/shared/use-pages.ts";
import { PageHeader } from "../layout/page-header.tsx";

/** Why runs failed, by fingerprint; or one of these errors. */
export function ErrorsPage(): ReactNode {
  const { fingerprint } = useSearch({ from: "/shell/errors" });
  return fingerprint === undefined ? <ErrorGroups /> : <ErrorDetail fingerprint={fingerprint} />;
}

function ErrorGroups(): ReactNode {
  const pages = usePages("/api/v1/errors", { query: { limit: 50 } });
  return (
    <>
      <PageHeader
        title="Errors"
        description="Why runs failed. Errors that are the same but for numbers and names count as one."
      />
      <Card flush>
        {pages.error !== null && pages.items.length === 0 ? (
          <ErrorState error={pages.error} title="The errors could not be loaded" onRetry={pages.retry} />
        ) : pages.loading ? (
          <SkeletonRows rows={10} />
        ) : pages.items.length === 0 ? (
          <EmptyState icon={Bug} title="No run has failed">
            Should one fail, its error stands here with how often, where and since when.
          </EmptyState>
        ) : (
          <ul className="divide-y divide-line">
            {pages.items.map((group) => (
              <ErrorGroupRow key={group.fingerprint} group={group} />
            ))}
          </ul>
        )}
        <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="errors" />
      </Card>
    </>
  );
}
