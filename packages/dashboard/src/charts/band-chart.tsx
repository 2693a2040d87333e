import { useRef } from "react";
import { ChartTip } from "./chart-tip.tsx";
import { linearScale } from "./linear-scale.ts";
import { niceTicks } from "./nice-ticks.ts";
import { useRoving } from "./use-roving.ts";
import { useWidth } from "./use-width.ts";

/** A value and what was expected of it. */
export interface BandPoint {
  readonly id: string;
  readonly value: number;
  /** Lower and upper end of what is expected; null while too little is known. */
  readonly low: number | null;
  readonly high: number | null;
  /** Everything in words: the accessible name and the tip. */
  readonly label: string;
}

export interface BandChartProps {
  /** Oldest first. */
  readonly points: readonly BandPoint[];
  readonly label: string;
  readonly height?: number;
  /** Text of a value at the axis. */
  readonly format?: (value: number) => string;
  /** No axis, for a list of many. */
  readonly compact?: boolean;
  readonly onOpen?: (id: string) => void;
}

/** Whether a point lies outside of what was expected. */
function isOutside(point: Pick<BandPoint, "value" | "low" | "high">): boolean {
  return (point.low !== null && point.value < point.low) || (point.high !== null && point.value > point.high);
}

/** Room between two points at most: few of them stand at the right end. */
const WIDEST = 28;
const FOOT = 4;
const HEAD = 6;

/** Values over runs upon the band of what was expected; those outside are red squares instead of round dots. */
export function BandChart(props: BandChartProps) {
  const { points, label, height = 120, compact = false, format = String, onOpen } = props;
  const [frame, width] = useWidth<HTMLDivElement>();
  const svg = useRef<SVGSVGElement>(null);
  const roving = useRoving({
    count: points.length,
    onOpen: (index) => points[index] && onOpen?.(points[index].id),
  });
  const highest = Math.max(1, ...points.flatMap((point) => [point.value, point.high ?? 0]));
  const lowest = Math.min(0, ...points.flatMap((point) => [point.value, point.low ?? 0]));
  const ticks = compact ? [] : niceTicks(lowest, highest, 3);
  const left = compact ? 3 : 12 + Math.max(0, ...ticks.map((tick) => format(tick).length)) * 6.5;
  const right = Math.max(left + 8, width - 6);
  const gaps = Math.max(1, points.length - 1);
  const x = linearScale([0, gaps], [Math.max(left + 4, right - gaps * WIDEST), right]);
  const y = linearScale([lowest, highest], [height - FOOT, HEAD]);
  const active = roving.active === undefined ? undefined : points[roving.active];
  const outside = points.filter(isOutside).length;
  return (
    <div ref={frame} className="w-full" style={{ height }}>
      {width > 0 && (
        <svg
          ref={svg}
          width={width}
          height={height}
          className="block rounded-sm"
          role="listbox"
          aria-label={`${label}: ${String(points.length)} values, ${String(outside)} outside of what was expected`}
          tabIndex={0}
          onKeyDown={roving.onKeyDown}
          onFocus={(event) => {
            if (event.currentTarget.matches(":focus-visible")) roving.onFocus();
          }}
          onBlur={roving.onBlur}
          onMouseMove={(event) => {
            roving.setActive(
              nearest(event.clientX - event.currentTarget.getBoundingClientRect().left, points.length, x),
            );
          }}
          onMouseLeave={() => {
            roving.setActive(undefined);
          }}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} className="stroke-line" />
              <text x={left - 6} y={y(tick) + 4} textAnchor="end" className="fill-faint text-xs">
                {format(tick)}
              </text>
            </g>
          ))}
          <path d={bandPath(points, x, y)} className="fill-band" />
          <path d={linePath(points, x, y)} fill="none" className="stroke-series-1" strokeWidth={1.5} />
          {active !== undefined && roving.active !== undefined && (
            <line
              x1={x(roving.active)}
              x2={x(roving.active)}
              y1={HEAD}
              y2={height - FOOT}
              className="stroke-line-strong"
            />
          )}
          {points.map((point, index) => (
            <g
              key={point.id}
              role="option"
              aria-selected={index === roving.active}
              aria-label={point.label}
              onClick={() => onOpen?.(point.id)}
            >
              {isOutside(point) ? (
                <rect
                  x={x(index) - 3.5}
                  y={y(point.value) - 3.5}
                  width={7}
                  height={7}
                  className="fill-failed stroke-surface"
                />
              ) : (
                <circle
                  cx={x(index)}
                  cy={y(point.value)}
                  r={points.length > 60 ? 1 : 2}
                  className="fill-series-1"
                />
              )}
            </g>
          ))}
        </svg>
      )}
      {active !== undefined && roving.active !== undefined && (
        <ChartTip anchor={anchorOf(svg.current, x(roving.active), y(active.value))}>{active.label}</ChartTip>
      )}
    </div>
  );
}

type Place = (value: number) => number;

function linePath(points: readonly BandPoint[], x: Place, y: Place): string {
  return points
    .map((point, index) => `${index === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(point.value).toFixed(1)}`)
    .join("");
}

function bandPath(points: readonly BandPoint[], x: Place, y: Place): string {
  const known = points.flatMap((point, index) =>
    point.low === null || point.high === null
      ? []
      : [{ at: x(index), low: y(point.low), high: y(point.high) }],
  );
  if (known.length < 2) return "";
  const upper = known.map((end) => `${end.at.toFixed(1)} ${end.high.toFixed(1)}`);
  const lower = known.toReversed().map((end) => `${end.at.toFixed(1)} ${end.low.toFixed(1)}`);
  return `M${[...upper, ...lower].join("L")}Z`;
}

function nearest(at: number, count: number, x: Place): number | undefined {
  if (count === 0) return undefined;
  if (count === 1) return 0;
  return Math.max(0, Math.min(count - 1, Math.round((at - x(0)) / (x(1) - x(0)))));
}

function anchorOf(svg: SVGSVGElement | null, x: number, y: number): { x: number; y: number } {
  const box = svg?.getBoundingClientRect();
  return { x: (box?.left ?? 0) + x, y: (box?.top ?? 0) + y };
}
