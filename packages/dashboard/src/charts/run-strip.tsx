import { useId, useRef, type ReactNode } from "react";
import { ChartTip } from "./chart-tip.tsx";
import { chartLook } from "./chart-look.ts";
import { useRoving } from "./use-roving.ts";

/** A run as the strip shows it. */
export interface RunTick {
  readonly id: string;
  readonly status: string;
  /** Null while it waits. */
  readonly durationMs: number | null;
  /** Everything about it in one line: the accessible name, and the tip where `tip` is absent. */
  readonly label: string;
  readonly tip?: ReactNode;
}

export interface RunStripProps {
  /** Oldest first. */
  readonly runs: readonly RunTick[];
  /** What is shown, such as `Last runs of orders`. */
  readonly label: string;
  /** Places of the strip; fewer runs leave places on the left empty. Default 30. */
  readonly places?: number;
  /** Default 28. */
  readonly height?: number;
  readonly onOpen?: (id: string) => void;
}

const PITCH = 6;
const TICK = 4;
const HEAD = 5;

/** The last runs as ticks: colour and mark say how each ended, the height how long it took against the longest. */
export function RunStrip(props: RunStripProps) {
  const { label, places = 30, height = 28, onOpen } = props;
  const runs = props.runs.slice(-places);
  const svg = useRef<SVGSVGElement>(null);
  const id = useId();
  const roving = useRoving({
    count: runs.length,
    onOpen: (index) => runs[index] && onOpen?.(runs[index].id),
  });
  const longest = Math.max(1, ...runs.map((run) => run.durationMs ?? 0));
  const offset = places - runs.length;
  const active = roving.active === undefined ? undefined : runs[roving.active];
  const room = height - HEAD - 1;
  if (runs.length === 0) return <EmptyStrip places={places} height={height} label={label} />;
  return (
    <>
      <svg
        ref={svg}
        width={places * PITCH}
        height={height}
        className="block shrink-0 overflow-visible rounded-sm"
        role="listbox"
        aria-label={label}
        aria-orientation="horizontal"
        aria-activedescendant={active === undefined ? undefined : `${id}${active.id}`}
        tabIndex={0}
        onKeyDown={roving.onKeyDown}
        onFocus={(event) => {
          if (event.currentTarget.matches(":focus-visible")) roving.onFocus();
        }}
        onBlur={roving.onBlur}
        onMouseLeave={() => {
          roving.setActive(undefined);
        }}
      >
        <line x1={0} x2={places * PITCH} y1={height - 0.5} y2={height - 0.5} className="stroke-line" />
        {runs.map((run, index) => (
          <g
            key={run.id}
            id={`${id}${run.id}`}
            role="option"
            aria-selected={index === roving.active}
            aria-label={run.label}
            transform={`translate(${String((offset + index) * PITCH)} 0)`}
            className={onOpen === undefined ? undefined : "cursor-pointer"}
            onMouseEnter={() => {
              roving.setActive(index);
            }}
            onClick={() => onOpen?.(run.id)}
          >
            <rect
              width={PITCH}
              height={height}
              className={index === roving.active ? "fill-hover" : "fill-transparent"}
            />
            <Tick status={run.status} room={room} share={(run.durationMs ?? 0) / longest} height={height} />
          </g>
        ))}
      </svg>
      {active !== undefined && roving.active !== undefined && (
        <ChartTip anchor={anchorOf(svg.current, (offset + roving.active) * PITCH + PITCH / 2)}>
          {active.tip ?? active.label}
        </ChartTip>
      )}
    </>
  );
}

function Tick(props: { status: string; room: number; share: number; height: number }) {
  const look = chartLook(props.status);
  // The square root keeps short runs visible beside one that took an hour.
  const tall = Math.max(4, Math.round(Math.sqrt(Math.max(0, props.share)) * props.room));
  const top = props.height - tall - 0.5;
  const hollow = look.mark === "hollow";
  return (
    <>
      <rect
        x={hollow ? 1.5 : 1}
        y={hollow ? top + 0.5 : top}
        width={hollow ? TICK - 1 : TICK}
        height={hollow ? tall - 1 : tall}
        rx={1}
        className={hollow ? `fill-transparent ${look.stroke}` : look.fill}
        strokeDasharray={hollow ? "2 1" : undefined}
      />
      {look.mark === "cross" && (
        <path d={`M1 ${String(top - 5)}l4 4m0 -4l-4 4`} className={look.stroke} strokeWidth={1.25} />
      )}
      {look.mark === "bar" && (
        <path d={`M1 ${String(top - 2.5)}h4`} className={look.stroke} strokeWidth={1.5} />
      )}
    </>
  );
}

function EmptyStrip(props: { places: number; height: number; label: string }) {
  const width = props.places * PITCH;
  return (
    <svg
      width={width}
      height={props.height}
      role="img"
      aria-label={`${props.label}: none yet`}
      className="block shrink-0"
    >
      <line
        x1={0}
        x2={width}
        y1={props.height - 0.5}
        y2={props.height - 0.5}
        className="stroke-line"
        strokeDasharray="4 2"
      />
    </svg>
  );
}

function anchorOf(svg: SVGSVGElement | null, x: number): { x: number; y: number } {
  const box = svg?.getBoundingClientRect();
  return { x: (box?.left ?? 0) + x, y: box?.top ?? 0 };
}
