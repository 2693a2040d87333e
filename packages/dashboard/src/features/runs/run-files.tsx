import { FileText } from "lucide-react";
import type { ReactNode } from "react";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { LoadMore } from "../../components/load-more.tsx";
import { Bytes, Count } from "../../components/quantity.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { usePages } from "../shared/use-pages.ts";

/** The files that a run read. */
export function RunFiles({ run }: { readonly run: string }): ReactNode {
  const pages = usePages("/api/v1/runs/{id}/files", { path: { id: run }, query: { limit: 100 } });
  return (
    <Card title="Files that it read" flush>
      {pages.error !== null && pages.items.length === 0 ? (
        <ErrorState error={pages.error} onRetry={pages.retry} />
      ) : pages.loading ? (
        <SkeletonRows rows={4} />
      ) : pages.items.length === 0 ? (
        <EmptyState icon={FileText} title="None">
          Files that did not change since an earlier run are not read again.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {pages.items.map((file) => (
            <li
              key={file.name}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2"
              title={file.hash === null ? undefined : `SHA-256 ${file.hash}`}
            >
              <span className="min-w-0 flex-1 basis-48 font-mono text-sm wrap-anywhere">{file.name}</span>
              <span className="text-sm text-muted">
                <Count value={file.rows} /> {file.rows === 1 ? "row" : "rows"}
              </span>
              <span className="text-sm text-muted">
                <Bytes value={file.bytes} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <LoadMore hasMore={pages.hasMore} busy={pages.busy} onMore={pages.more} what="files" />
    </Card>
  );
}
