import type { Json } from "@millrace/core";

/** A value of a key or cursor as JSON: what JSON cannot say is kept in an object that says what it is. */
export function toState(value: unknown): Json {
  if (typeof value === "bigint") return { bigint: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** The inverse of `toState`. */
export function fromState(state: Json): unknown {
  const fields = fieldsOf(state);
  if (fields === undefined) return state;
  const { bigint, bytes, number } = fields;
  if (typeof bigint === "string") return BigInt(bigint);
  if (typeof bytes === "string") return new Uint8Array(Buffer.from(bytes, "base64"));
  return typeof number === "string" ? Number(number) : null;
}

/** The fields of a state that is an object; undefined for all others. */
export function fieldsOf(state: Json | undefined): Readonly<Record<string, Json>> | undefined {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return undefined;
  return state as Readonly<Record<string, Json>>;
}
