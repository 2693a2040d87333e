import { linearScale } from "./linear-scale.ts";

export interface SparklineProps {
  /** Oldest first; null leaves a gap. */
  readonly values: readonly (number | null)[];
  /** What the line shows, with its last value in words: the accessible name. */
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
  /** Bars instead of a line, for counts that may be zero. */
  readonly kind?: "line" | "bars";
  readonly tone?: "series-1" | "series-2" | "muted";
  /** Places along the line; fewer values stand at its right end. Default 30. */
  readonly places?: number;
}

const TONES = {
  "series-1": { stroke: "stroke-series-1", fill: "fill-series-1" },
  "series-2": { stroke: "stroke-series-2", fill: "fill-series-2" },
  muted: { stroke: "stroke-muted", fill: "fill-muted" },
} as const;

/** The course of a value in the size of a word, from zero upwards, without axes. */
export function Sparkline(props: SparklineProps) {
  const { label, width = 96, height = 24, kind = "line", tone = "series-1", places = 30 } = props;
  const missing = Math.max(0, places - props.values.length);
  const values = [...new Array<null>(missing).fill(null), ...props.values];
  const highest = Math.max(0, ...values.map((value) => value ?? 0));
  const known = values.some((value) => value !== null);
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={known ? label : `${label}: nothing yet`}
      className="block shrink-0"
    >
      <line
        x1={0}
        x2={width}
        y1={height - 0.5}
        y2={height - 0.5}
        className="stroke-line"
        strokeDasharray={known ? undefined : "4 2"}
      />
      {known &&
        (kind === "bars" ? (
          <Bars
            values={values}
            width={width}
            height={height}
            highest={highest}
            className={TONES[tone].fill}
          />
        ) : (
          <Line values={values} width={width} height={height} highest={highest} tone={tone} />
        ))}
    </svg>
  );
}

interface DrawingProps {
  readonly values: readonly (number | null)[];
  readonly width: number;
  readonly height: number;
  readonly highest: number;
}

function Bars(props: DrawingProps & { readonly className: string }) {
  const pitch = props.width / Math.max(1, props.values.length);
  const y = linearScale([0, props.highest || 1], [0, props.height - 2]);
  return props.values.map((value, index) =>
    value === null || value <= 0 ? null : (
      <rect
        // The place is the identity of a bar.
        key={index}
        x={index * pitch + 0.5}
        y={props.height - 1 - Math.max(1.5, y(value))}
        width={Math.max(1, pitch - 1)}
        height={Math.max(1.5, y(value))}
        rx={0.5}
        className={props.className}
      />
    ),
  );
}

function Line(props: DrawingProps & { readonly tone: keyof typeof TONES }) {
  const { values, width, height } = props;
  const x = linearScale([0, Math.max(1, values.length - 1)], [2, width - 3]);
  const y = linearScale([0, props.highest || 1], [height - 2, 3]);
  let path = "";
  let open = false;
  values.forEach((value, index) => {
    if (value !== null) path += `${open ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    open = value !== null;
  });
  const last = values.findLastIndex((value) => value !== null);
  return (
    <>
      <path
        d={path}
        fill="none"
        className={TONES[props.tone].stroke}
        strokeWidth={1.5}
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      <circle cx={x(last)} cy={y(values[last] ?? 0)} r={2} className={TONES[props.tone].fill} />
    </>
  );
}
