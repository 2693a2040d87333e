import { useQuery } from "@tanstack/react-query";
import { Boxes, Timer } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Count, Duration } from "../../components/quantity.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Badge } from "../../components/status.tsx";
import { RunFiles } from "./run-files.tsx";

/** What a run read and touched in databases, and how long the functions of its code took. */
export function RunObjects({ run }: { readonly run: string }): ReactNode {
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <div className="grid gap-4">
        <RunFiles run={run} />
        <Objects run={run} />
      </div>
      <Functions run={run} />
    </div>
  );
}

function Objects({ run }: { readonly run: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/runs/{id}/objects", { path: { id: run } }));
  return (
    <Card title="Tables, views and procedures that it touched" flush>
      {query.isPending ? (
        <SkeletonRows rows={4} />
      ) : query.error !== null ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <EmptyState icon={Boxes} title="None are recorded">
          They are recorded when a run ends.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {query.data.items.map((item) => (
            <li
              key={`${item.database}/${item.namespace ?? ""}/${item.name}/${item.kind}/${item.use}`}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2"
            >
              <span className="min-w-0 flex-1 basis-48 wrap-anywhere">
                {item.namespace !== null && item.namespace !== "" && (
                  <span className="text-muted">{item.namespace}.</span>
                )}
                {item.name}
              </span>
              <span className="text-sm text-muted">
                {item.kind} in {item.database}
              </span>
              <Badge tone={item.use === "read" ? "running" : "late"}>{item.use}</Badge>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Functions({ run }: { readonly run: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/runs/{id}/functions", { path: { id: run } }));
  return (
    <Card title="Functions" note="Those that took longest in all first." flush>
      {query.isPending ? (
        <SkeletonRows rows={4} />
      ) : query.error !== null ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <EmptyState icon={Timer} title="None were measured">
          Functions of the pipeline's file, its source, transforms and destination are measured by themselves.
        </EmptyState>
      ) : (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Times of functions">
          <table className="w-full border-t border-line">
            <thead>
              <tr className="border-b border-line text-xs text-muted">
                <th scope="col" className="px-4 py-2 text-left font-medium">
                  Function
                </th>
                {["Calls", "Errors", "In all", "Mean", "95 %", "Most"].map((name) => (
                  <th key={name} scope="col" className="px-3 py-2 text-right font-medium last:pr-4">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {query.data.items.map((item) => (
                <tr key={item.name}>
                  <th scope="row" className="px-4 py-2 text-left font-mono text-sm font-normal">
                    {item.name}
                  </th>
                  <td className="px-3 py-2 text-right">
                    <Count value={item.calls} />
                  </td>
                  <td className={`px-3 py-2 text-right ${item.errors > 0 ? "text-failed" : "text-faint"}`}>
                    <Count value={item.errors} />
                  </td>
                  <td className="px-3 py-2 text-right">
                    <Duration ms={item.totalMs} />
                  </td>
                  <td className="px-3 py-2 text-right">
                    <Duration ms={item.meanMs} />
                  </td>
                  <td className="px-3 py-2 text-right">
                    <Duration ms={item.p95Ms} />
                  </td>
                  <td className="py-2 pr-4 pl-3 text-right">
                    <Duration ms={item.maxMs} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
