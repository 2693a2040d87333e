import { useQuery } from "@tanstack/react-query";
import { ArrowRight, Database } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Status } from "../../components/status.tsx";
import { ButtonLink, TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatDuration } from "../../format/format-duration.ts";

type Item = Answer<"/api/v1/overview/freshness">["items"][number];

const SHOWN = 8;

/** How old the rows of each table are against what its schedule leads one to expect; the latest first. */
export function Freshness(): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/freshness", { query: { limit: SHOWN } }));
  return (
    <div id="freshness" className="min-w-0">
      <Card
        flush
        className="h-full"
        title="Freshness"
        note="The last rows of each table against its schedule; the latest first."
        actions={
          <ButtonLink to="/data" kind="quiet" size="small">
            All tables
            <ArrowRight aria-hidden className="size-4" />
          </ButtonLink>
        }
      >
        <QueryView query={query} what="The freshness of tables" loading={<SkeletonRows rows={SHOWN} />}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState icon={Database} title="No tables yet">
                Tables show up here once a run has written rows.
              </EmptyState>
            ) : (
              <ul className="divide-y divide-line border-t border-line">
                {items.map((item) => (
                  <Row key={`${item.pipeline} ${item.table}`} item={item} />
                ))}
              </ul>
            )
          }
        </QueryView>
      </Card>
    </div>
  );
}

function Row({ item }: { readonly item: Item }): ReactNode {
  return (
    <li className="flex min-h-11 flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-1.5">
      <span className="min-w-0 flex-1 basis-44">
        <TextLink
          to="/data/$table"
          params={{ table: item.table }}
          className="block truncate font-medium text-ink!"
          title={item.table}
          dir="auto"
        >
          {item.table}
        </TextLink>
        {item.pipeline !== item.table && (
          <span className="block truncate text-sm text-muted" dir="auto">
            {item.pipeline}
          </span>
        )}
      </span>
      <span className="text-sm text-muted">
        rows <Time at={item.lastRowAt} never="none yet" />
      </span>
      <span className="w-full sm:w-36 sm:text-right">
        <Status
          quiet
          status={item.state}
          {...(item.state === "late" && item.lateMs !== null
            ? { label: `Late by ${formatDuration(coarse(item.lateMs))}` }
            : {})}
        />
      </span>
    </li>
  );
}

/** Seconds of hours are noise. */
function coarse(ms: number): number {
  const step = ms > 86_400_000 ? 3_600_000 : ms > 3_600_000 ? 60_000 : 1_000;
  return Math.round(ms / step) * step;
}
