import { ListTree } from "lucide-react";
import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { valueText } from "../../components/diff-value.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { formatAbsolute, formatClock } from "../../format/format-time.ts";
import { usePages } from "../shared/use-pages.ts";

/** What happened in a run, newest first. */
export function RunEvents({ run }: { readonly run: string }): ReactNode {
  const pages = usePages("/api/v1/runs/{id}/events", { path: { id: run }, query: { limit: 100 } });
  return (
    <Card title="Events" flush>
      {pages.error !== null ? (
        <ErrorState error={pages.error} onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={6} />
      ) : pages.items.length === 0 ? (
        <EmptyState icon={ListTree} title="Nothing happened yet">
          Events show up here as the run goes on.
        </EmptyState>
      ) : (
        <ol className="divide-y divide-line border-t border-line">
          {pages.items.map((event) => (
            <li
              key={event.id}
              className="grid gap-x-4 gap-y-0.5 px-4 py-2 sm:grid-cols-[6.5rem_12rem_minmax(0,1fr)]"
            >
              <time
                dateTime={event.at}
                title={formatAbsolute(Date.parse(event.at))}
                className="font-mono text-sm text-muted"
              >
                {formatClock(Date.parse(event.at), { ms: true })}
              </time>
              <span className="font-medium">{event.type}</span>
              <span className="min-w-0 text-sm text-muted wrap-anywhere">{dataText(event.data)}</span>
            </li>
          ))}
        </ol>
      )}
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="events" />
    </Card>
  );
}

const LONGEST = 300;

function dataText(data: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(data)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(" · ");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
