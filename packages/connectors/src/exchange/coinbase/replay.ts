import type { Fields } from "../model/fields.ts";
import type { Subscription } from "../model/mapping.ts";
import type { ReplayDialect, ReplayMarket, ReplayRequest } from "../replay/replay-dialect.ts";
import { exchangeChannels } from "./channels.ts";

/** Channels by the types of their messages. */
const CHANNEL_OF: Readonly<Record<string, string>> = {
  match: "matches",
  last_match: "matches",
  ticker: "ticker",
  snapshot: "level2_batch",
  l2update: "level2_batch",
  heartbeat: "heartbeat",
};

/** Plays captures as Coinbase Exchange. */
export const coinbaseReplay: ReplayDialect = {
  request: readRequest,
  subject(message) {
    const channel = CHANNEL_OF[String(message["type"])];
    return channel === undefined ? undefined : { channel, native: String(message["product_id"]) };
  },
  change(message) {
    const common = { channel: "level2_batch", native: String(message["product_id"]), sequence: 0 };
    if (message["type"] === "snapshot") {
      const levels = { bids: message["bids"] as string[][], asks: message["asks"] as string[][] };
      return { ...common, whole: true, ...levels };
    }
    if (message["type"] !== "l2update") return undefined;
    const changes = message["changes"] as [string, string, string][];
    const of = (side: string): string[][] =>
      changes.filter(([each]) => each === side).map(([, ...level]) => level);
    return { ...common, whole: false, bids: of("buy"), asks: of("sell") };
  },
  trade: (message) =>
    message["type"] === "match" ? { native: String(message["product_id"]), fields: message } : undefined,
  candle: () => undefined,
  snapshot({ channel, native }, { bids, asks }, now) {
    if (channel !== "level2_batch") return undefined;
    const time = `${new Date(now * 1_000).toISOString().slice(0, -1)}000Z`;
    return JSON.stringify({ type: "snapshot", product_id: native, bids, asks, time });
  },
  rest(path, query, market) {
    if (path === "/products") return { body: market.natives.map(instrument) };
    const native = /^\/products\/([^/]+)\/trades$/.exec(path)?.[1];
    if (native === undefined) return undefined;
    const after = Number(query.get("after") ?? Infinity);
    const older = market.trades(native).filter(({ trade_id: id }) => Number(id) < after);
    const listed = older.slice(-Number(query.get("limit") ?? 1_000)).toReversed();
    // The list does not say what it is a list of.
    return {
      body: listed.map(({ trade_id, side, size, price, time }) => ({ trade_id, side, size, price, time })),
    };
  },
};

function readRequest(text: string, { natives }: ReplayMarket): ReplayRequest {
  const nothing = { subscribe: [], unsubscribe: [] };
  const refuse = (reason: string): ReplayRequest => ({
    ...nothing,
    replies: [JSON.stringify({ type: "error", message: "Failed to subscribe", reason })],
  });
  let request: { type?: unknown; channels?: unknown };
  try {
    request = JSON.parse(text) as typeof request;
  } catch {
    return refuse("malformed JSON");
  }
  const { type, channels } = request;
  if ((type !== "subscribe" && type !== "unsubscribe") || !Array.isArray(channels))
    return refuse("malformed request");
  const taken: Subscription[] = [];
  for (const each of channels as { name?: string; product_ids?: string[] }[]) {
    const name = each.name ?? "";
    if (!exchangeChannels.has(name)) return refuse(`${name} is not a valid channel`);
    for (const native of each.product_ids ?? []) {
      if (!natives.includes(native)) return refuse(`${native} is not a valid product`);
      taken.push({ channel: name, native });
    }
  }
  const replies = [JSON.stringify({ type: "subscriptions", channels })];
  return type === "subscribe"
    ? { subscribe: taken, unsubscribe: [], replies }
    : { subscribe: [], unsubscribe: taken, replies };
}

function instrument(id: string): object {
  const [base, quote] = id.split("-");
  const steps = { quote_increment: "0.01", base_increment: "0.00001" };
  return { id, base_currency: base, quote_currency: quote, ...steps, status: "online" } satisfies Fields;
}
