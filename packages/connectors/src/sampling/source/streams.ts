import type { ColumnDefinition, StreamDefinition } from "@millrace/core";

/** Stream of the samples. */
export const SAMPLES = "samples";
/** Stream of the windows. */
export const WINDOWS = "windows";

function column(
  name: string,
  kind: "integer" | "bigint" | "double" | "text" | "timestamptz",
): ColumnDefinition {
  return { name, type: { kind } };
}

/** Columns of the samples. Nothing that comes later changes them. */
export function samplesStream(names: boolean): StreamDefinition {
  const columns = [
    column("context", "bigint"),
    column("variable", "bigint"),
    ...(names ? [column("name", "text")] : []),
    column("time", "timestamptz"),
    column("value", "double"),
    column("text", "text"),
    column("quality", "text"),
    column("code", "text"),
    column("source_time", "timestamptz"),
    column("read_time", "timestamptz"),
  ];
  return { name: SAMPLES, columns };
}

/** Columns of the windows. */
export function windowsStream(names: boolean): StreamDefinition {
  const columns = [
    column("context", "bigint"),
    column("variable", "bigint"),
    ...(names ? [column("name", "text")] : []),
    column("time", "timestamptz"),
    column("window_ms", "bigint"),
    column("count", "bigint"),
    column("bad", "bigint"),
    column("min", "double"),
    column("max", "double"),
    column("mean", "double"),
    column("time_weighted_mean", "double"),
    column("last", "double"),
  ];
  return { name: WINDOWS, columns };
}
