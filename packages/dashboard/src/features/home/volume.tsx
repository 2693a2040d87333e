import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChartColumn } from "lucide-react";
import type { ReactNode } from "react";
import { getQuery, type Answer } from "../../api/get-query.ts";
import { BandChart, type BandPoint } from "../../charts/band-chart.tsx";
import { Card } from "../../components/card.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Badge } from "../../components/status.tsx";
import { TextLink } from "../../components/text-link.tsx";
import { formatCount, formatNumberOf, formatShortCount } from "../../format/format-count.ts";
import { formatAbsolute } from "../../format/format-time.ts";

type Item = Answer<"/api/v1/overview/volume">["items"][number];
type Kind = "inserted" | "updated" | "removed";

const SHOWN = 7;

/** Rows of the last runs within the band that is usual on that day of the week; what is outside of it comes first. */
export function Volume(): ReactNode {
  const query = useQuery(getQuery("/api/v1/overview/volume", { query: { limit: SHOWN, points: 30 } }));
  const outside = query.data?.outside ?? 0;
  return (
    <Card
      flush
      className="h-full"
      title="Volume"
      note={
        outside === 0
          ? "Rows of each run within what is usual on that weekday."
          : `${formatNumberOf(outside, "table")} outside of what is usual on that weekday.`
      }
    >
      <QueryView query={query} what="The volume of tables" loading={<SkeletonRows rows={8} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={ChartColumn} title="Nothing was written yet">
              Each run adds a point; after eight runs on a weekday its band is known.
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
  );
}

function Row({ item }: { readonly item: Item }): ReactNode {
  const navigate = useNavigate();
  const kind = kindOf(item);
  const last = item.points.at(-1);
  return (
    <li className="grid gap-y-1 sm:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)] items-center gap-4 px-4 py-2">
      <div className="min-w-0">
        <TextLink
          to="/data/$table"
          params={{ table: item.table }}
          className="block truncate font-medium text-ink!"
          title={item.table}
          dir="auto"
        >
          {item.table}
        </TextLink>
        <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
          {last !== undefined && `${formatShortCount(last[kind])} ${kind}`}
          {item.outside && <Badge tone="failed">unusual</Badge>}
        </p>
      </div>
      <BandChart
        compact
        height={44}
        label={`Rows ${kind} by runs of ${item.table}`}
        points={item.points.map((point) => bandPoint(item, point, kind))}
        onOpen={(id) => void navigate({ to: "/runs/$id", params: { id } })}
      />
    </li>
  );
}

/** What of a table is drawn: what was unusual of late, else what there is most of. */
function kindOf(item: Item): Kind {
  const unusual = item.points.at(-1)?.outside[0];
  if (unusual !== undefined) return unusual;
  const sum = (kind: Kind): number => item.points.reduce((total, point) => total + point[kind], 0);
  return (["inserted", "updated", "removed"] as const).reduce((most, kind) =>
    sum(kind) > sum(most) ? kind : most,
  );
}

function bandPoint(item: Item, point: Item["points"][number], kind: Kind): BandPoint {
  const band = item.bands.find(({ weekday }) => weekday === point.weekday)?.[kind];
  const usual =
    band === undefined
      ? ""
      : `, usually ${formatCount(Math.round(band.low))} to ${formatCount(Math.round(band.high))}`;
  return {
    id: point.run,
    value: point[kind],
    low: band?.low ?? null,
    high: band?.high ?? null,
    label: `${formatAbsolute(Date.parse(point.at))}: ${formatCount(point[kind])} ${kind}${usual}`,
  };
}
