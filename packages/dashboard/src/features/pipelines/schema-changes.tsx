import { Columns3 } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { usePages } from "../shared/use-pages.ts";

/** How the tables of a pipeline, or one of them, changed their columns. */
export function SchemaChanges(props: { readonly pipeline: string; readonly table?: string }): ReactNode {
  const pages = usePages("/api/v1/overview/schema-drift", { query: { pipeline: props.pipeline, limit: 50 } });
  if (pages.error !== null) return <ErrorState error={pages.error} onRetry={pages.retry} />;
  if (pages.loading) return <SkeletonRows rows={3} />;
  const items =
    props.table === undefined ? pages.items : pages.items.filter((item) => item.table === props.table);
  if (items.length === 0)
    return (
      <EmptyState icon={Columns3} title="No changes">
        Columns are as they were when the table was made. Changes are recorded here as they happen.
      </EmptyState>
    );
  return (
    <>
      <ol className="divide-y divide-line border-t border-line">
        {items.map((item) => (
          <li key={item.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5">
            <span className="w-24 shrink-0 text-sm text-muted">
              <Time at={item.at} />
            </span>
            <span className="min-w-0 flex-1 basis-60 wrap-anywhere">
              {props.table === undefined && <span className="font-medium">{item.table}: </span>}
              {item.change}
            </span>
            {item.run !== null && (
              <TextLink to="/runs/$id" params={{ id: item.run }} className="text-sm">
                Run
              </TextLink>
            )}
          </li>
        ))}
      </ol>
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="changes" />
    </>
  );
}
