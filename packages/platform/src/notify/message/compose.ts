import { randomUUID } from "node:crypto";
import { worst } from "../severity.ts";
import type { NotificationItem, NotificationMessage } from "./notification-message.ts";

/** Most items that a digest tells. */
const ITEMS = 100;

/** What messages are made with besides their items. */
export interface Compose {
  /** Which installation it is. */
  readonly from: string;
  /** Now, ISO 8601. */
  readonly at: string;
  /** How many more items there are, of which nothing else is known. Default 0. */
  readonly left?: number;
}

/** One message of one or more items, in their order. */
export function compose(
  items: readonly NotificationItem[],
  { from, at, left = 0 }: Compose,
): NotificationMessage {
  const [only] = items;
  if (items.length === 1 && only !== undefined)
    return { ...only, id: randomUUID(), from, items: [], more: 0 };
  const pipelines = [...new Set(items.flatMap(({ pipeline }) => pipeline ?? []))];
  return {
    id: randomUUID(),
    kind: "digest",
    severity: worst(items.map(({ kind, severity }) => (kind === "recovery" ? "info" : severity))),
    at,
    from,
    title: `${digestTitle(items, pipelines)}${left > 0 ? ` and ${left.toLocaleString("en-US")} more` : ""}`,
    facts: [],
    ...(pipelines.length === 1 ? { pipeline: pipelines[0] ?? "" } : {}),
    items: items.slice(0, ITEMS),
    more: Math.max(0, items.length - ITEMS) + left,
  };
}

/** `3 pipelines: 4 problems, 1 recovery`. */
function digestTitle(items: readonly NotificationItem[], pipelines: readonly string[]): string {
  const count = (kinds: readonly string[]): number => items.filter(({ kind }) => kinds.includes(kind)).length;
  const parts = [
    counted(count(["problem", "escalation"]), "problem", "problems"),
    counted(count(["reminder"]), "problem lasts", "problems last"),
    counted(count(["recovery"]), "recovery", "recoveries"),
    counted(count(["news", "test"]), "event", "events"),
  ].filter((part) => part !== "");
  const whose = pipelines.length === 1 ? pipelines[0] : counted(pipelines.length, "pipeline", "pipelines");
  return `${whose === undefined || whose === "" ? "Millrace" : whose}: ${parts.join(", ")}`;
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? "" : `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
