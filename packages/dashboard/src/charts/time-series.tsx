import { lazy, Suspense } from "react";

/** One line of a chart over time. */
export interface Series {
  readonly name: string;
  /** One per instant; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

export interface TimeSeriesProps {
  /** Seconds since 1970, ascending; up to some 100,000. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly label: string;
  /** Default 220. */
  readonly height?: number;
  /** Text of a value, at the axis and in the legend. */
  readonly format?: (value: number) => string;
}

const Canvas = lazy(async () => ({ default: (await import("./time-series-canvas.tsx")).TimeSeriesCanvas }));

/** Lines over time, also very long ones; the library that draws them is loaded with the first one. */
export function TimeSeries(props: TimeSeriesProps) {
  const height = props.height ?? 220;
  const empty = props.times.length === 0;
  return (
    <figure className="m-0 w-full">
      <div style={{ height }} className="w-full" role="img" aria-label={describe(props)}>
        {empty ? (
          <p className="flex h-full items-center justify-center text-sm text-muted">
            Nothing was measured yet.
          </p>
        ) : (
          <Suspense fallback={<div className="h-full animate-pulse-soft rounded-md bg-sunken" />}>
            <Canvas {...props} height={height} />
          </Suspense>
        )}
      </div>
    </figure>
  );
}

function describe(props: TimeSeriesProps): string {
  const format = props.format ?? String;
  const lasts = props.series.map((series) => {
    const last = series.values.findLast((value) => value !== null);
    return `${series.name} ${last === undefined || last === null ? "unknown" : format(last)}`;
  });
  return `${props.label}: ${String(props.times.length)} points, last ${lasts.join(", ")}`;
}
