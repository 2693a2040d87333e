import type { DataValue } from "node-opcua";
import type { Reading, SampleValue } from "../shared/sampling/index.ts";

/** A value of OPC UA as a reading: its status is the quality, and both of its times are kept apart from ours. */
export function toReading({
  value: variant,
  statusCode,
  sourceTimestamp,
  serverTimestamp,
}: DataValue): Reading {
  const time = (sourceTimestamp ?? serverTimestamp)?.getTime();
  const times = time === undefined ? {} : { sourceTime: time };
  if (statusCode.isNotGood() && !isUncertain(statusCode.value))
    return { value: null, quality: "bad", code: statusCode.name, ...times };
  const value = plain(variant?.value as unknown, String(variant?.dataType));
  if (value === undefined) return { value: null, quality: "bad", code: "not-a-value", ...times };
  if (isUncertain(statusCode.value)) return { value, quality: "uncertain", code: statusCode.name, ...times };
  return value === null ? { value, quality: "uncertain", code: "null", ...times } : { value, ...times };
}

/** The two highest bits tell. */
function isUncertain(status: number): boolean {
  return status >>> 30 === 1;
}

/** DataType Int64 and UInt64, whose values come in two halves. */
const INT64 = "8";
const UINT64 = "9";

/** undefined where a sample cannot hold it. */
function plain(value: unknown, dataType: string): SampleValue | undefined {
  if (value === null || value === undefined) return null;
  if (
    typeof value === "number" ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    typeof value === "bigint"
  )
    return value;
  if (Array.isArray(value) && (dataType === INT64 || dataType === UINT64))
    return halves(value, dataType === INT64);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && "text" in value) return typeof value.text === "string" ? value.text : null;
  return undefined;
}

function halves([high, low]: readonly unknown[], signed: boolean): SampleValue | undefined {
  if (typeof high !== "number" || typeof low !== "number") return undefined;
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const whole = signed ? BigInt.asIntN(64, bits) : bits;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}
