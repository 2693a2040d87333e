import type { Reading, Sample, SampleValue, Variable } from "../../shared/sampling/index.ts";

/** A reading as a sample: scaled, and with what was left out. */
export function toSample(variable: Variable, reading: Reading, readTime: number): Sample {
  const { scale, offset } = variable;
  const value =
    scale === undefined && offset === undefined
      ? reading.value
      : scaled(reading.value, scale ?? 1, offset ?? 0);
  return {
    variable,
    value,
    quality: reading.quality ?? "good",
    code: reading.code,
    sourceTime: reading.sourceTime,
    readTime: reading.readTime ?? readTime,
  };
}

/** A sample that says why there is no value. */
export function badSample(variable: Variable, code: string, readTime: number): Sample {
  return { variable, value: null, quality: "bad", code, sourceTime: undefined, readTime };
}

function scaled(value: SampleValue, scale: number, offset: number): SampleValue {
  if (typeof value === "number") return value * scale + offset;
  if (typeof value !== "bigint") return value;
  // Whole numbers stay exact as long as what is done to them is whole.
  if (Number.isSafeInteger(scale) && Number.isSafeInteger(offset))
    return value * BigInt(scale) + BigInt(offset);
  return Number(value) * scale + offset;
}
