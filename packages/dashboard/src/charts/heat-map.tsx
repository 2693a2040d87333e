import { useRef } from "react";
import { calendarWeeks } from "./calendar-weeks.ts";
import { ChartTip } from "./chart-tip.tsx";
import { useRoving } from "./use-roving.ts";

/** A day of the calendar with its value. */
export interface HeatDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly value: number;
  /** Something went wrong that day: marked with a cross. */
  readonly bad?: boolean;
  readonly label: string;
}

export interface HeatMapProps {
  /** First and last day, `YYYY-MM-DD`. */
  readonly from: string;
  readonly to: string;
  readonly days: readonly HeatDay[];
  readonly label: string;
  readonly onOpen?: (date: string) => void;
}

const CELL = 14;
const PITCH = 16;
const LEFT = 30;
const TOP = 18;
const WEEKDAYS = ["Mon", "", "Wed", "", "Fri", "", ""];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SHADES = ["opacity-25", "opacity-45", "opacity-70", "opacity-100"];

/** A calendar, a square per day, the darker the higher its value; days without data are hollow. */
export function HeatMap(props: HeatMapProps) {
  const { from, to, label, onOpen } = props;
  const svg = useRef<SVGSVGElement>(null);
  const calendar = calendarWeeks(from, to);
  const byDate = new Map(props.days.map((day) => [day.date, day]));
  const highest = Math.max(1, ...props.days.map((day) => day.value));
  const roving = useRoving({
    count: calendar.length,
    rows: 7,
    onOpen: (index) => calendar[index] && onOpen?.(calendar[index].date),
  });
  const weeks = (calendar.at(-1)?.week ?? 0) + 1;
  const active = roving.active === undefined ? undefined : calendar[roving.active];
  return (
    <div className="overflow-x-auto p-0.5">
      <svg
        ref={svg}
        width={LEFT + weeks * PITCH}
        height={TOP + 7 * PITCH}
        role="listbox"
        aria-label={label}
        tabIndex={0}
        className="block rounded-sm"
        onKeyDown={roving.onKeyDown}
        onFocus={(event) => {
          if (event.currentTarget.matches(":focus-visible")) roving.onFocus();
        }}
        onBlur={roving.onBlur}
        onMouseLeave={() => {
          roving.setActive(undefined);
        }}
      >
        {WEEKDAYS.map((name, row) => (
          <text key={row} aria-hidden="true" x={0} y={TOP + row * PITCH + 11} className="fill-faint text-xs">
            {name}
          </text>
        ))}
        {calendar
          .filter((day, index) => day.date.endsWith("-01") || index === 0)
          .filter((day, index, all) => (all[index + 1]?.week ?? 99_999) - day.week > 2)
          .map((day) => (
            <text
              key={day.date}
              aria-hidden="true"
              x={LEFT + day.week * PITCH}
              y={11}
              className="fill-faint text-xs"
            >
              {MONTHS[Number(day.date.slice(5, 7)) - 1]}
            </text>
          ))}
        {calendar.map((day, index) => (
          <g
            key={day.date}
            role="option"
            aria-selected={index === roving.active}
            aria-label={byDate.get(day.date)?.label ?? `${day.date}: nothing`}
            className={onOpen === undefined ? undefined : "cursor-pointer"}
            transform={`translate(${String(LEFT + day.week * PITCH)} ${String(TOP + day.weekday * PITCH)})`}
            onMouseEnter={() => {
              roving.setActive(index);
            }}
            onClick={() => onOpen?.(day.date)}
          >
            <Day day={byDate.get(day.date)} highest={highest} active={index === roving.active} />
          </g>
        ))}
      </svg>
      {active !== undefined && (
        <ChartTip
          anchor={anchorOf(svg.current, LEFT + active.week * PITCH + CELL / 2, TOP + active.weekday * PITCH)}
        >
          {byDate.get(active.date)?.label ?? `${active.date}: nothing`}
        </ChartTip>
      )}
    </div>
  );
}

function Day(props: { day: HeatDay | undefined; highest: number; active: boolean }) {
  const { day, highest, active } = props;
  const ring = active ? "stroke-focus" : "stroke-line";
  const shade = Math.min(SHADES.length - 1, Math.floor(((day?.value ?? 0) / highest) * SHADES.length));
  return (
    <>
      <rect
        x={0.5}
        y={0.5}
        width={CELL - 1}
        height={CELL - 1}
        rx={2}
        className={`fill-surface ${ring}`}
        strokeWidth={active ? 2 : 1}
      />
      {day !== undefined && day.value > 0 && (
        <rect
          x={1}
          y={1}
          width={CELL - 2}
          height={CELL - 2}
          rx={2}
          className={`${day.bad === true ? "fill-failed" : "fill-series-2"} ${SHADES[shade] ?? ""}`}
        />
      )}
      {day?.bad === true && <path d="M4 4l6 6m0 -6l-6 6" className="stroke-ink" strokeWidth={1.5} />}
    </>
  );
}

function anchorOf(svg: SVGSVGElement | null, x: number, y: number): { x: number; y: number } {
  const box = svg?.getBoundingClientRect();
  return { x: (box?.left ?? 0) + x, y: (box?.top ?? 0) + y };
}
