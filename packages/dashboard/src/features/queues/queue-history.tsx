import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { TimeSeries } from "../../charts/time-series.tsx";
import { Card } from "../../components/card.tsx";
import { Skeleton } from "../../components/skeleton.tsx";

const MINUTE_MS = 60_000;

/** How many runs waited and went on in all queues over the last day; nothing before the first minutes are over. */
export function QueueHistory(): ReactNode {
  const query = useQuery({
    ...getQuery("/api/v1/metrics", { query: { name: "millrace_queue_runs" } }),
    refetchInterval: MINUTE_MS,
  });
  const chart = useMemo(() => chartOf(query.data?.items ?? []), [query.data]);
  if (query.isPending) return <Skeleton className="h-64 w-full rounded-lg" />;
  if (chart.times.length < 2) return null;
  return (
    <Card
      title="Last 24 hours"
      note="The most runs that were ready to start, and that went on, in each step."
    >
      <TimeSeries label="Runs in all queues" height={200} {...chart} />
    </Card>
  );
}

type Items = Answer<"/api/v1/metrics">["items"];

const LINES = [
  { status: "ready", name: "Ready" },
  { status: "running", name: "Running" },
] as const;

/** The queues' series added up. */
function chartOf(items: Items): Pick<Parameters<typeof TimeSeries>[0], "times" | "series"> {
  const sums = LINES.map(({ status }) => {
    const sum = new Map<string, number>();
    for (const { labels, points } of items) {
      if (labels["status"] !== status) continue;
      for (const { at, max } of points) sum.set(at, (sum.get(at) ?? 0) + max);
    }
    return sum;
  });
  const instants = [...new Set(sums.flatMap((sum) => [...sum.keys()]))].toSorted();
  return {
    times: instants.map((at) => Date.parse(at) / 1_000),
    series: LINES.map(({ name }, i) => ({ name, values: instants.map((at) => sums[i]?.get(at) ?? null) })),
  };
}
