import type { Answer } from "../../api/get-query.ts";
import type { BandPoint } from "../../charts/band-chart.tsx";
import { formatCount } from "../../format/format-count.ts";
import { formatAbsolute } from "../../format/format-time.ts";

type VolumeItem = Answer<"/api/v1/overview/volume">["items"][number];

/** The inserted rows of a table's runs, each with what is usual on its weekday. */
export function volumeBands(item: VolumeItem): readonly BandPoint[] {
  return item.points.map((point) => {
    const band = item.bands.find((one) => one.weekday === point.weekday)?.inserted;
    const usual =
      band === undefined
        ? ""
        : `, usually ${formatCount(Math.round(band.low))} to ${formatCount(Math.round(band.high))}`;
    return {
      id: point.run,
      value: point.inserted,
      low: band?.low ?? null,
      high: band?.high ?? null,
      label: `${formatAbsolute(Date.parse(point.at))}: ${formatCount(point.inserted)} inserted, ${formatCount(point.updated)} updated, ${formatCount(point.removed)} removed${usual}`,
    };
  });
}
