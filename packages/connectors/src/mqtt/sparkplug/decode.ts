import type { SampleValue } from "../../shared/sampling/index.ts";
import { protobufFields, type ProtobufField } from "./protobuf.ts";

/** A metric as a payload has it. */
export interface SparkplugMetric {
  /** undefined: the alias stands for it. */
  readonly name: string | undefined;
  readonly alias: number | undefined;
  /** ms since 1970. */
  readonly timestamp: number | undefined;
  readonly value: SampleValue;
  /** The value is none that a sample can have: a data set, a template, bytes. */
  readonly unsupported: boolean;
}

/** What a message says. */
export interface SparkplugPayload {
  readonly timestamp: number | undefined;
  readonly seq: number | undefined;
  readonly metrics: readonly SparkplugMetric[];
}

/** Reads a payload of Sparkplug B. Fails with RangeError where it is none. */
export function decodeSparkplug(bytes: Uint8Array): SparkplugPayload {
  const metrics: SparkplugMetric[] = [];
  let timestamp: number | undefined;
  let seq: number | undefined;
  for (const { field, value } of protobufFields(bytes)) {
    if (field === 1) timestamp = numberOf(value);
    else if (field === 2) metrics.push(metricOf(bytesOf(value)));
    else if (field === 3) seq = numberOf(value);
  }
  return { timestamp, seq, metrics };
}

/** Signed whole numbers by their type: they are sent without their sign. */
const SIGNED: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32, 4: 64 };

function metricOf(bytes: Uint8Array): SparkplugMetric {
  const fields = new Map<number, ProtobufField["value"]>();
  for (const { field, value } of protobufFields(bytes)) fields.set(field, value);
  const number = (field: number): number | undefined => {
    const value = fields.get(field);
    return value === undefined ? undefined : numberOf(value);
  };
  const name = fields.get(1);
  const value = fields.get(7) === 1n ? null : valueOf(fields, number(4) ?? 0);
  return {
    name: name === undefined ? undefined : textOf(name),
    alias: number(2),
    timestamp: number(3),
    value: value ?? null,
    unsupported: value === undefined,
  };
}

/** undefined where there is none that a sample can have. */
function valueOf(fields: ReadonlyMap<number, ProtobufField["value"]>, type: number): SampleValue | undefined {
  const whole = fields.get(10) ?? fields.get(11);
  if (typeof whole === "bigint") {
    const bits = SIGNED[type];
    const signed = bits === undefined ? whole : BigInt.asIntN(bits, whole);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }
  const float = fields.get(12);
  if (typeof float === "bigint") return new Float32Array(new Uint32Array([Number(float)]).buffer)[0] ?? null;
  const double = fields.get(13);
  if (typeof double === "bigint") return new Float64Array(new BigUint64Array([double]).buffer)[0] ?? null;
  const boolean = fields.get(14);
  if (typeof boolean === "bigint") return boolean === 1n;
  const text = fields.get(15);
  return text === undefined ? undefined : textOf(text);
}

function numberOf(value: ProtobufField["value"]): number {
  if (typeof value === "bigint") return Number(value);
  throw new RangeError("a number is missing");
}

function bytesOf(value: ProtobufField["value"]): Uint8Array {
  if (typeof value !== "bigint") return value;
  throw new RangeError("a message is missing");
}

function textOf(value: ProtobufField["value"]): string {
  return new TextDecoder().decode(bytesOf(value));
}
