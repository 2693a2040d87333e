import { useMemo, useState } from "react";
import { assignLanes } from "./assign-lanes.ts";
import { ChartTip, type TipAnchor } from "./chart-tip.tsx";
import { linearScale, type Scale } from "./linear-scale.ts";
import { chartLook } from "./chart-look.ts";
import { timeTicks } from "./time-ticks.ts";
import { useWidth } from "./use-width.ts";

/** A bar: something that took, takes or will take time. */
export interface GanttSpan {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly status: string;
  /** Everything in words: the accessible name and the tip. */
  readonly label: string;
  /** Written into the bar where it fits. */
  readonly text?: string;
}

export interface GanttRow {
  readonly id: string;
  readonly label: string;
  readonly spans: readonly GanttSpan[];
}

export interface GanttProps {
  readonly rows: readonly GanttRow[];
  readonly from: number;
  readonly to: number;
  /** Draws a line at this instant. */
  readonly now?: number;
  readonly label: string;
  /** The axis counts from the beginning instead of by the clock: for what is short. */
  readonly relative?: boolean;
  readonly onOpen?: (span: GanttSpan, row: GanttRow) => void;
  /** Text of an instant at the axis. */
  readonly formatTick: (at: number) => string;
}

const LANE = 16;
const PAD = 5;
const AXIS = 22;
const CHARACTER = 6.6;

/** Bars over time, a row per thing; what overlaps within a row goes into lanes below each other. */
export function Gantt(props: GanttProps) {
  const { rows, from, to, now, label, formatTick, onOpen, relative = false } = props;
  const [frame, width] = useWidth<HTMLDivElement>();
  const [tip, setTip] = useState<{ anchor: TipAnchor; text: string }>();
  const narrow = width < 560;
  const names = narrow
    ? 0
    : Math.min(220, 24 + Math.max(0, ...rows.map((row) => row.label.length)) * CHARACTER);
  const placed = useMemo(() => placeRows(rows, narrow ? 16 : 0), [rows, narrow]);
  const x = linearScale([from, to], [names + 8, Math.max(names + 16, width - 8)]);
  const height = placed.height + AXIS;
  const count = Math.max(2, Math.floor((width - names) / 90));
  const ticks = relative
    ? timeTicks(0, to - from, { count }).map((after) => from + after)
    : timeTicks(from, to, { count, offsetMinutes: new Date(from).getTimezoneOffset() });
  return (
    <div ref={frame} className="w-full" style={{ minHeight: height }}>
      {width > 0 && (
        <svg width={width} height={height} className="block" role="group" aria-label={label}>
          {ticks.map((tick) => (
            <g key={tick} aria-hidden="true">
              <line x1={x(tick)} x2={x(tick)} y1={0} y2={height - AXIS} className="stroke-line" />
              <text
                x={x(tick)}
                y={height - 6}
                textAnchor={anchorOf(x(tick), width)}
                className="fill-faint text-xs"
              >
                {formatTick(tick)}
              </text>
            </g>
          ))}
          {placed.rows.map((row) => (
            <g key={row.row.id}>
              <line x1={0} x2={width} y1={row.bottom} y2={row.bottom} className="stroke-line" />
              <text
                x={narrow ? 4 : names - 4}
                y={narrow ? row.top + 13 : row.top + PAD + 12}
                textAnchor={narrow ? "start" : "end"}
                className="fill-muted text-xs"
              >
                {shorten(row.row.label, narrow ? width - 12 : names - 12)}
                <title>{row.row.label}</title>
              </text>
              {row.row.spans.map((span, index) => (
                <Bar
                  key={span.id}
                  span={span}
                  y={row.top + (narrow ? 16 : 0) + PAD + (row.lanes[index] ?? 0) * LANE}
                  x={x}
                  bounds={[names + 8, width - 8]}
                  onTip={setTip}
                  onOpen={
                    onOpen === undefined
                      ? undefined
                      : () => {
                          onOpen(span, row.row);
                        }
                  }
                />
              ))}
            </g>
          ))}
          {now !== undefined && now >= from && now <= to && (
            <g aria-hidden="true">
              <line
                x1={x(now)}
                x2={x(now)}
                y1={0}
                y2={height - AXIS}
                className="stroke-accent"
                strokeWidth={1.5}
              />
              <path d={`M${String(x(now) - 4)} 0h8l-4 5z`} className="fill-accent" />
            </g>
          )}
        </svg>
      )}
      {tip !== undefined && <ChartTip anchor={tip.anchor}>{tip.text}</ChartTip>}
    </div>
  );
}

interface BarProps {
  readonly span: GanttSpan;
  readonly x: Scale;
  readonly y: number;
  readonly bounds: readonly [number, number];
  readonly onTip: (tip: { anchor: TipAnchor; text: string } | undefined) => void;
  readonly onOpen?: (() => void) | undefined;
}

function Bar(props: BarProps) {
  const { span, x, y, bounds, onTip, onOpen } = props;
  const look = chartLook(span.status);
  const left = Math.max(bounds[0], Math.min(bounds[1], x(span.start)));
  const right = Math.max(left + 3, Math.min(bounds[1] + 1, x(span.end)));
  const hollow = look.mark === "hollow";
  const text = span.text ?? "";
  const show = (target: Element): void => {
    const box = target.getBoundingClientRect();
    onTip({
      anchor: { x: Math.min(box.left + box.width / 2, window.innerWidth), y: box.top },
      text: span.label,
    });
  };
  const hide = (): void => {
    onTip(undefined);
  };
  return (
    <g
      role={onOpen === undefined ? "img" : "button"}
      tabIndex={0}
      aria-label={span.label}
      className={onOpen === undefined ? undefined : "cursor-pointer"}
      onMouseEnter={(event) => {
        show(event.currentTarget);
      }}
      onMouseLeave={hide}
      onFocus={(event) => {
        show(event.currentTarget);
      }}
      onBlur={hide}
      onClick={onOpen}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onOpen?.();
      }}
    >
      <rect
        x={left}
        y={y + 1}
        width={right - left}
        height={LANE - 3}
        rx={2}
        className={hollow ? `${look.ground} ${look.stroke}` : look.fill}
        strokeDasharray={hollow ? "3 2" : undefined}
      />
      {look.mark === "cross" && (
        <path
          d={`M${String(right + 3)} ${String(y + 4)}l6 6m0 -6l-6 6`}
          className={look.stroke}
          strokeWidth={1.5}
        />
      )}
      {right - left > text.length * CHARACTER + 8 && (
        <text
          x={left + 5}
          y={y + 12}
          className={`pointer-events-none text-xs ${hollow ? "fill-ink" : "fill-surface"}`}
        >
          {text}
        </text>
      )}
    </g>
  );
}

interface PlacedRow {
  readonly row: GanttRow;
  readonly lanes: readonly number[];
  readonly top: number;
  readonly bottom: number;
}

function placeRows(rows: readonly GanttRow[], head: number): { rows: readonly PlacedRow[]; height: number } {
  let top = 0;
  const placed = rows.map((row) => {
    const { lanes, count } = assignLanes(row.spans);
    const bottom = top + head + Math.max(1, count) * LANE + 2 * PAD;
    const result = { row, lanes, top, bottom };
    top = bottom;
    return result;
  });
  return { rows: placed, height: top };
}

function shorten(text: string, width: number): string {
  const fits = Math.max(3, Math.floor(width / CHARACTER));
  return text.length <= fits ? text : `${text.slice(0, fits - 1)}…`;
}

function anchorOf(at: number, width: number): "start" | "middle" | "end" {
  if (at > width - 24) return "end";
  return at < 24 ? "start" : "middle";
}
