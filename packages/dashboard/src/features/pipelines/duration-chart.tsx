import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { getQuery } from "../../api/get-query.ts";
import { TimeSeries } from "../../charts/time-series.tsx";
import { Card } from "../../components/card.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { formatDuration } from "../../format/format-duration.ts";

const HEIGHT = 200;

/** How long the runs of a pipeline took, hour by hour over two weeks; nothing while there are too few. */
export function DurationChart({ pipeline }: { readonly pipeline: string }): ReactNode {
  const query = useQuery(
    getQuery("/api/v1/pipelines/{name}/stats", {
      path: { name: pipeline },
      query: { days: 14, bucket: "hour" },
    }),
  );
  const chart = useMemo(() => {
    const hours = (query.data?.items ?? []).filter((hour) => hour.durationP50Ms !== null);
    return {
      times: hours.map((hour) => Date.parse(hour.at) / 1_000),
      series: [
        { name: "Half of the runs", values: hours.map((hour) => hour.durationP50Ms) },
        { name: "95 % of the runs", values: hours.map((hour) => hour.durationP95Ms) },
      ],
    };
  }, [query.data]);
  if (query.isPending) return <Skeleton className="mb-4 h-64 w-full rounded-lg" />;
  if (chart.times.length < 2) return null;
  return (
    <Card
      title="Duration"
      note="Within which half and 95 % of the runs of an hour ended. Drag over a time to see it larger."
      className="mb-4"
    >
      <TimeSeries
        label={`Durations of the runs of ${pipeline}`}
        height={HEIGHT}
        format={formatDuration}
        {...chart}
      />
    </Card>
  );
}
