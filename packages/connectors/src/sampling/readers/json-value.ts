import type { Reading } from "../../shared/sampling/index.ts";

/** A JSON value as a reading: numbers, texts and booleans as they are; what holds others is no value. */
export function jsonReading(value: unknown): Reading {
  if (value === undefined) return { value: null, quality: "bad", code: "not-found" };
  if (value === null) return { value: null, quality: "uncertain", code: "null" };
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") return { value };
  if (typeof value === "bigint") return { value };
  return { value: null, quality: "bad", code: "not-a-value" };
}
