import { hash } from "node:crypto";
import { JsonNumber } from "@millrace/core";

/** A decoded value as JSON, whatever it holds: what JSON cannot say is a text. For messages and comparisons. */
export function plainJson(value: unknown): string {
  return (
    JSON.stringify(value, (_name, each: unknown) => {
      if (typeof each === "bigint" || (typeof each === "number" && !Number.isFinite(each)))
        return String(each);
      if (each instanceof Uint8Array) return Buffer.from(each).toString("base64");
      return each instanceof JsonNumber ? each.text : each;
    }) ?? "null"
  );
}

/** Tells values apart. */
export function fingerprintOf(value: unknown): string {
  return hash("sha256", plainJson(value), "hex").slice(0, 24);
}
