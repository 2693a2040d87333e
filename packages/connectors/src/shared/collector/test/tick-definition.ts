import { MillraceError } from "@millrace/core";
import type { CollectorDefinition, Endpoint } from "../definition.ts";
import { subscriptionKey } from "../subscription.ts";

interface TickMessage {
  readonly type: string;
  readonly symbol: string;
  readonly id: number;
  readonly at: number;
  readonly keys?: readonly string[];
}

/** The definition of a collector of `FeedServer`. */
export function tickDefinition(
  url: string | Endpoint["url"],
  symbols: readonly string[] = ["A"],
  over: Partial<CollectorDefinition> & { readonly endpoint?: Partial<Endpoint> } = {},
): CollectorDefinition {
  const { endpoint, ...others } = over;
  return {
    name: "ticks",
    subscriptions: symbols.map((symbol) => ({ channel: "tick", symbol })),
    connect: { id: "main", url, messagesPerSecond: 1_000, connectsPerSecond: 1_000, ...endpoint },
    subscribe: (wanted) => [{ op: "subscribe", keys: wanted.map(subscriptionKey) }],
    unsubscribe: (wanted) => [{ op: "unsubscribe", keys: wanted.map(subscriptionKey) }],
    streams: [{ name: "ticks", key: ["symbol", "id"] }],
    parse(text, feed) {
      const message = JSON.parse(String(text)) as TickMessage;
      if (message.type === "pong") return feed.pong();
      if (message.type === "subscribed") return message.keys?.forEach((key) => feed.accepted(key));
      if (message.type === "notice") return feed.rotate("the server said so");
      if (message.type === "banned") return feed.fail(new MillraceError("MLR_SOURCE_DENIED", "banned"));
      if (message.type === "refused") {
        const refused = new MillraceError("MLR_SOURCE_DENIED", "no such symbol");
        return message.keys?.forEach((key) => feed.refused(key, refused));
      }
      if (message.type !== "tick") return undefined;
      const { symbol, id, at } = message;
      if (!Number.isSafeInteger(id)) throw new Error(`"${String(id)}" is no number of a tick`);
      feed.data(`tick:${symbol}`, at);
      feed.land("ticks", [{ symbol, id }]);
      feed.position(symbol, id);
      if (feed.wanted("tick")) feed.emit("tick", { symbol, id });
      return undefined;
    },
    ...others,
  };
}
