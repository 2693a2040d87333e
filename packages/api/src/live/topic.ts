import type { Role } from "../server/role.ts";

/** What a topic is about. */
export type TopicKind = "runs" | "run" | "pipeline" | "log" | "metrics" | "events" | "sources";

/** What it takes to follow topics of each kind: the same as to read what they tell. */
export const TOPIC_ROLES: Readonly<Record<TopicKind, Role>> = {
  runs: "viewer",
  run: "viewer",
  pipeline: "viewer",
  log: "viewer",
  metrics: "viewer",
  events: "viewer",
  sources: "viewer",
};

/** A topic that has passed `Topic`, taken apart. @param topic such as `pipeline:quakes` */
export function topicOf(topic: string): { readonly kind: TopicKind; readonly of: string } {
  const colon = topic.indexOf(":");
  const [kind, of] = colon === -1 ? [topic, ""] : [topic.slice(0, colon), topic.slice(colon + 1)];
  return { kind: kind as TopicKind, of };
}

/** Where what a topic tells is kept for those who come back. */
export function channelsOf(topic: string): readonly string[] {
  const { kind } = topicOf(topic);
  switch (kind) {
    case "run":
    case "pipeline":
      return ["runs", "events"];
    case "runs":
    case "events":
    case "metrics":
      return [kind];
    case "log":
    case "sources":
      return [topic];
  }
}
