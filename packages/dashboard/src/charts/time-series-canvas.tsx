import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { TimeSeriesProps } from "./time-series.tsx";

/** The part of a chart over time that needs uPlot. */
export function TimeSeriesCanvas(props: TimeSeriesProps & { readonly height: number }) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const { times, series, height, format } = props;
  const names = series.map((one) => one.name).join("\n");

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      const size = { width: element.clientWidth, height: height - LEGEND };
      plot.current = new UPlot(
        { ...size, ...optionsOf(names.split("\n"), format) },
        dataOf(times, series),
        element,
      );
    };
    make();
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: height - LEGEND });
    });
    resized.observe(element);
    // The colours are read from the theme when the chart is made, for a canvas knows no style sheets.
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // New values go in below, without making the chart anew.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [names, height, format]);

  useEffect(() => {
    plot.current?.setData(dataOf(times, series));
  }, [times, series]);

  return <div ref={frame} className="h-full w-full overflow-hidden" />;
}

const LEGEND = 30;

function dataOf(times: TimeSeriesProps["times"], series: TimeSeriesProps["series"]): UPlot.AlignedData {
  return [[...times], ...series.map((one) => [...one.values])];
}

function optionsOf(
  names: readonly string[],
  format: ((value: number) => string) | undefined,
): Omit<UPlot.Options, "width" | "height"> {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const axis: UPlot.Axis = {
    stroke: color("--muted"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: color("--line"), width: 1 },
    ticks: { stroke: color("--line"), width: 1, size: 4 },
  };
  return {
    cursor: { drag: { x: true, y: false } },
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: color(`--series-${String((index % 5) + 1)}`),
        width: 1.5,
        // Colour is not the only difference between lines.
        ...(DASHES[index % DASHES.length] === undefined
          ? {}
          : { dash: DASHES[index % DASHES.length] as number[] }),
        points: { show: false },
        ...(format === undefined
          ? {}
          : { value: (_: UPlot, value: number | null) => (value === null ? "–" : format(value)) }),
      })),
    ],
    axes: [
      axis,
      {
        ...axis,
        size: 64,
        ...(format === undefined ? {} : { values: (_: UPlot, values: number[]) => values.map(format) }),
      },
    ],
  };
}

const DASHES: readonly (number[] | undefined)[] = [undefined, [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]];
