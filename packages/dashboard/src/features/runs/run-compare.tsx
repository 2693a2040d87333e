import { useQuery } from "@tanstack/react-query";
import { GitCompare } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { Card } from "../../components/card.tsx";
import { DiffValue } from "../../components/diff-value.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ErrorState } from "../../components/error-state.tsx";
import { Bytes, Count, Duration } from "../../components/quantity.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Badge } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { Time } from "../../components/time.tsx";
import { formatNumberOf, formatShare } from "../../format/format-count.ts";
import type { RunComparison } from "../shared/api-types.ts";

/** A run beside the last one before it that succeeded: what changed since it last worked. */
export function RunCompare({ run }: { readonly run: string }): ReactNode {
  const query = useQuery(getQuery("/api/v1/runs/{id}/compare", { path: { id: run } }));
  if (query.isPending)
    return (
      <Card flush>
        <SkeletonRows rows={6} />
      </Card>
    );
  if (query.error !== null)
    return (
      <Card>
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  const { previous } = query.data;
  if (previous === null)
    return (
      <Card>
        <EmptyState icon={GitCompare} title="There is nothing to compare with">
          No earlier run of this pipeline has succeeded.
        </EmptyState>
      </Card>
    );
  return (
    <div className="space-y-4">
      <Changes comparison={query.data} before={previous} />
      <Numbers comparison={query.data} />
      <TableCounts comparison={query.data} />
    </div>
  );
}

function Changes({
  comparison,
  before,
}: {
  readonly comparison: RunComparison;
  readonly before: NonNullable<RunComparison["previous"]>;
}): ReactNode {
  return (
    <Card
      title="What changed since it last worked"
      note={
        <>
          Compared with{" "}
          <TextLink className="underline" to="/runs/$id" params={{ id: before.id }}>
            the run of
          </TextLink>{" "}
          <Time at={before.startedAt} />
          {comparison.runsBetween > 0 &&
            `, ${formatNumberOf(comparison.runsBetween, "run")} without success between`}
        </>
      }
      flush
    >
      {comparison.changes.length === 0 ? (
        <EmptyState title="Nothing that is recorded">
          Neither code, definition, columns, parameters nor host are others than they were. Look at the source
          and the log.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {comparison.changes.map((change, index) => (
            <li key={`${change.kind}${String(index)}`} className="px-4 py-3">
              <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
                <Badge tone="late">{change.kind}</Badge>
                <span className="min-w-0 flex-1 basis-60 wrap-anywhere">{change.what}</span>
                {change.at !== null && (
                  <span className="text-sm text-muted">
                    <Time at={change.at} />
                  </span>
                )}
              </p>
              {(change.before !== null || change.now !== null) && (
                <p className="mt-1.5">
                  <DiffValue before={change.before} after={change.now} />
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Numbers({ comparison }: { readonly comparison: RunComparison }): ReactNode {
  const rows = [
    ["Took", comparison.durationMs, (value: number | null) => <Duration ms={value} />],
    ["Waited", comparison.waitMs, (value: number | null) => <Duration ms={value} />],
    ["Memory at most", comparison.peakMemoryBytes, (value: number | null) => <Bytes value={value} />],
    ["CPU time", comparison.cpuMs, (value: number | null) => <Duration ms={value} />],
  ] as const;
  return (
    <Card title="Time and resources" flush>
      <CompareTable
        label="Time and resources"
        rows={rows.map(([name, { now, before }, show]) => ({
          name,
          before: show(before),
          now: show(now),
          change: changeOf(before, now),
        }))}
      />
    </Card>
  );
}

function TableCounts({ comparison }: { readonly comparison: RunComparison }): ReactNode {
  const rows = comparison.tables.flatMap(({ table, now, before }) =>
    (["read", "inserted", "updated", "unchanged", "removed", "rejected"] as const)
      .filter((key) => (now?.[key] ?? 0) !== 0 || (before?.[key] ?? 0) !== 0)
      .map((key) => ({
        name: `${table}: ${key}`,
        before: <Count value={before?.[key]} />,
        now: <Count value={now?.[key]} />,
        change: changeOf(before?.[key] ?? null, now?.[key] ?? null),
      })),
  );
  if (rows.length === 0) return null;
  return (
    <Card title="Rows" flush>
      <CompareTable label="Rows" rows={rows} />
    </Card>
  );
}

interface CompareRow {
  readonly name: string;
  readonly before: ReactNode;
  readonly now: ReactNode;
  readonly change: string;
}

function CompareTable({
  label,
  rows,
}: {
  readonly label: string;
  readonly rows: readonly CompareRow[];
}): ReactNode {
  return (
    <div className="overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full border-t border-line">
        <thead>
          <tr className="border-b border-line text-xs text-muted">
            <th scope="col" className="px-4 py-2 text-left font-medium">
              What
            </th>
            <th scope="col" className="px-3 py-2 text-right font-medium">
              When it worked
            </th>
            <th scope="col" className="px-3 py-2 text-right font-medium">
              This run
            </th>
            <th scope="col" className="py-2 pr-4 pl-3 text-right font-medium">
              Change
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row" className="px-4 py-2 text-left font-normal">
                {row.name}
              </th>
              <td className="px-3 py-2 text-right text-muted">{row.before}</td>
              <td className="px-3 py-2 text-right">{row.now}</td>
              <td className="py-2 pr-4 pl-3 text-right text-muted">{row.change}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function changeOf(before: number | null, now: number | null): string {
  if (before === null || now === null || before === 0 || before === now) return before === now ? "same" : "–";
  const share = now / before - 1;
  return `${share > 0 ? "+" : "−"}${formatShare(Math.abs(share))}`;
}
