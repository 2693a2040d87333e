import type { ReactNode } from "react";
import type { Answer } from "../../api/get-query.ts";
import { formatCount } from "../../format/format-count.ts";

type Timeline = Answer<"/api/v1/overview/timeline">;

const HEIGHT = 40;

/** How many runs went on and waited at the same time, against how many the workers can carry out; paler: expected. */
export function LoadBars({ timeline }: { readonly timeline: Timeline }): ReactNode {
  const { load, slots } = timeline;
  const highest = Math.max(1, slots, ...load.map(({ running, waiting }) => running + waiting));
  const peak = Math.max(0, ...load.filter(({ expected }) => !expected).map(({ running }) => running));
  const waited = Math.max(0, ...load.filter(({ expected }) => !expected).map(({ waiting }) => waiting));
  const width = 100 / Math.max(1, load.length);
  const tall = (value: number): number => (value / highest) * HEIGHT;
  return (
    <figure className="m-0">
      <figcaption className="mb-1 flex flex-wrap gap-x-4 text-sm text-muted">
        <span>At the same time: at most {formatCount(Math.round(peak))} running</span>
        {waited >= 1 && <span>{formatCount(Math.round(waited))} waiting</span>}
        <span>{slots === 0 ? "no worker is there" : `${formatCount(slots)} slots`}</span>
      </figcaption>
      <svg
        role="img"
        aria-label={`Runs at the same time: at most ${Math.round(peak)} of ${slots} slots`}
        viewBox={`0 0 100 ${HEIGHT}`}
        preserveAspectRatio="none"
        className="block h-10 w-full"
      >
        {load.map((step, index) => (
          <g key={step.at} className={step.expected ? "opacity-45" : undefined}>
            <rect
              x={index * width + 0.1}
              width={width - 0.2}
              y={HEIGHT - tall(step.running)}
              height={tall(step.running)}
              className="fill-running"
            />
            <rect
              x={index * width + 0.1}
              width={width - 0.2}
              y={HEIGHT - tall(step.running + step.waiting)}
              height={tall(step.waiting)}
              className="fill-queued"
            />
          </g>
        ))}
        {slots > 0 && (
          <line
            x1={0}
            x2={100}
            y1={HEIGHT - tall(slots) + 0.5}
            y2={HEIGHT - tall(slots) + 0.5}
            className="stroke-line-strong"
            strokeDasharray="1 1"
            vectorEffect="non-scaling-stroke"
          />
        )}
        <line
          x1={0}
          x2={100}
          y1={HEIGHT - 0.5}
          y2={HEIGHT - 0.5}
          className="stroke-line"
          vectorEffect="non-scaling-stroke"
        />
      </svg>
    </figure>
  );
}
