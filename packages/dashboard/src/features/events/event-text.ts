import { formatNumberOf } from "../../format/format-count.ts";
import { formatDuration } from "../../format/format-duration.ts";

interface Happened {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What an event says beside its type, in one line. */
export function eventText({ data }: Happened): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(data)) {
    const text = partText(name, value);
    if (text !== "") parts.push(text);
  }
  return parts.join(" · ");
}

/** What speaks for itself, without its name before it. */
const PLAIN = new Set(["message", "reason", "status", "trigger", "command"]);

/** Members that are more than a value. */
const PARTS: Readonly<Record<string, (value: unknown) => string>> = {
  durationMs: (value) => `took ${duration(value)}`,
  rows: (value) => (typeof value === "number" ? formatNumberOf(value, "row") : plain(value)),
  counts: countsText,
  error: messageOf,
  changes: (value) => (Array.isArray(value) ? value.map(changeText).join(", ") : plain(value)),
};

function partText(name: string, value: unknown): string {
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value) && value.length === 0) return "";
  const part = PARTS[name];
  if (part !== undefined) return part(value);
  if (PLAIN.has(name)) return plain(value);
  if (name.endsWith("Ms")) return `${name.slice(0, -2)} ${duration(value)}`;
  return `${name} ${Array.isArray(value) ? value.map(plain).join(", ") : plain(value)}`;
}

function duration(value: unknown): string {
  return typeof value === "number" ? formatDuration(value) : plain(value);
}

/** A change of a table: `orders.price widen-column integer to numeric`. */
function changeText(change: unknown): string {
  if (!isObject(change)) return plain(change);
  const { table, column, kind, from, to } = change;
  const where = [table, column].filter((part) => typeof part === "string").join(".");
  const types = [from, to].filter((part) => typeof part === "string").join(" to ");
  return [where, kind, types].filter((part) => typeof part === "string" && part !== "").join(" ");
}

function countsText(value: unknown): string {
  if (!isObject(value)) return "";
  const sums = new Map<string, number>();
  const add = (counts: Readonly<Record<string, unknown>>): void => {
    for (const [kind, count] of Object.entries(counts)) {
      if (typeof count === "number") sums.set(kind, (sums.get(kind) ?? 0) + count);
      else if (isObject(count)) add(count);
    }
  };
  add(value);
  return ["inserted", "updated", "removed", "rejected"]
    .filter((kind) => (sums.get(kind) ?? 0) > 0)
    .map((kind) => `${(sums.get(kind) ?? 0).toLocaleString("en-US")} ${kind}`)
    .join(", ");
}

function messageOf(value: unknown): string {
  return isObject(value) && typeof value["message"] === "string" ? value["message"] : plain(value);
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
