import type { Row } from "@millrace/core";
import type { Sample, SampleBatch } from "../../shared/sampling/index.ts";
import type { WindowSummary } from "../process/windows.ts";

/** Numbers that a double does not hold are kept as text. */
const EXACT = 2n ** 53n;

/** The rows of a batch, in the form in which they are stored, so that nothing has to convert them again. */
export function sampleRows({ context, time, samples }: SampleBatch, names: boolean): Row[] {
  const tick = micros(time);
  return samples.map((sample) => row(sample, { context: context.id, tick, names }));
}

function row(
  { variable, value, quality, code, sourceTime, readTime }: Sample,
  of: { readonly context: number; readonly tick: number; readonly names: boolean },
): Row {
  const text = textOf(value);
  const own = {
    time: of.tick,
    value: text === null || typeof value === "bigint" ? numberOf(value) : null,
    text,
    quality,
    code: code ?? null,
    source_time: sourceTime === undefined ? null : micros(sourceTime),
    read_time: micros(readTime),
  };
  return of.names
    ? { context: of.context, variable: variable.id, name: variable.name ?? variable.address, ...own }
    : { context: of.context, variable: variable.id, ...own };
}

/** The row of a window. */
export function windowRow(summary: WindowSummary, names: boolean): Row {
  const { context, variable, time, windowMs, count, bad } = summary;
  return {
    context,
    variable: variable.id,
    ...(names ? { name: variable.name ?? variable.address } : {}),
    time: micros(time),
    window_ms: windowMs,
    count,
    bad,
    min: numberOf(summary.min),
    max: numberOf(summary.max),
    mean: numberOf(summary.mean),
    time_weighted_mean: numberOf(summary.timeWeightedMean),
    last: numberOf(summary.last),
  };
}

function micros(ms: number): number {
  return Math.round(ms * 1_000);
}

/** Minus zero is stored as zero. */
function numberOf(value: Sample["value"]): number | null {
  if (value === null || typeof value === "string") return null;
  const number = Number(value);
  return number === 0 ? 0 : number;
}

function textOf(value: Sample["value"]): string | null {
  if (typeof value === "string") return value.replaceAll("\0", "");
  return typeof value === "bigint" && (value > EXACT || value < -EXACT) ? String(value) : null;
}
