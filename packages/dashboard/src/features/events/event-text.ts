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

function partText(name: string, value: unknown): string {
  if (value === null || value === undefined || value === false) return "";
  if (name === "durationMs" && typeof value === "number") return `took ${formatDuration(value)}`;
  if (name.endsWith("Ms") && typeof value === "number")
    return `${name.slice(0, -2)} ${formatDuration(value)}`;
  if (name === "rows" && typeof value === "number") return formatNumberOf(value, "row");
  if (name === "counts") return countsText(value);
  if (name === "error") return messageOf(value);
  if (
    name === "message" ||
    name === "reason" ||
    name === "status" ||
    name === "trigger" ||
    name === "command"
  )
    return plain(value);
  if (name === "changes" && Array.isArray(value)) return value.map(changeText).join(", ");
  if (Array.isArray(value)) return value.length === 0 ? "" : `${name} ${value.map(plain).join(", ")}`;
  return `${name} ${plain(value)}`;
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
