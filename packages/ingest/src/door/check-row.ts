import type { RejectedInput, Row } from "@millrace/core";
import type { PushLimits } from "./push-limits.ts";

/** Characters of a row that a quarantine keeps of what is no row. */
const RAW = 2_000;

/** What is wrong with a parsed value as a row; undefined where it is one. */
export function rowProblem(value: unknown, { fields, depth }: PushLimits): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `a row is an object, and this is ${describe(value)}`;
  }
  let count = 0;
  for (const name in value) {
    if (++count > fields) return `the row has more than ${fields} fields`;
    const each: unknown = (value as Row)[name];
    if (typeof each === "object" && each !== null && isDeeper(each, depth - 1)) {
      return `the row has more than ${depth} levels of objects and arrays`;
    }
  }
  return undefined;
}

/** A line that no row could be made of, for the quarantine. @param place in the batch, from 1 on */
export function unreadable(raw: string, place: number, message: string): RejectedInput {
  return { line: place, raw: raw.slice(0, RAW).toWellFormed(), code: "MLR_ROW_MALFORMED", message };
}

function isDeeper(value: object, levels: number): boolean {
  if (levels <= 0) return true;
  // Recursion is bounded by the limit itself.
  for (const each of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof each === "object" && each !== null && isDeeper(each as object, levels - 1)) return true;
  }
  return false;
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`;
}
