import type { Fields } from "../model/fields.ts";
import type { Subscription } from "../model/mapping.ts";
import type { ReplayDialect, ReplayMarket, ReplayRequest } from "../replay/replay-dialect.ts";
import { okxChannels } from "./channels.ts";
import { instrumentKind } from "./symbols.ts";

const ID = "a1b2c3d4";

/** Plays captures as OKX. */
export const okxReplay: ReplayDialect = {
  request: readRequest,
  subject(message) {
    const { channel, native } = argument(message);
    return message["event"] === undefined && channel !== "" ? { channel, native } : undefined;
  },
  change(message) {
    const { channel, native } = argument(message);
    const action = message["action"];
    if (channel !== "books" || action === undefined) return undefined;
    const data = (message["data"] as Fields[])[0] ?? {};
    return {
      channel,
      native,
      whole: action === "snapshot",
      bids: data["bids"] as string[][],
      asks: data["asks"] as string[][],
      sequence: (data["seqId"] as number | undefined) ?? 0,
    };
  },
  trade(message) {
    const { channel, native } = argument(message);
    if (channel !== "trades" || message["event"] !== undefined) return undefined;
    return { native, fields: (message["data"] as Fields[])[0] ?? {} };
  },
  candle(message) {
    const { channel, native } = argument(message);
    if (!channel.startsWith("candle") || message["event"] !== undefined) return undefined;
    return { channel, native, fields: { row: (message["data"] as unknown[])[0] } };
  },
  snapshot({ channel, native }, { bids, asks, sequence }, now) {
    if (channel !== "books") return undefined;
    const data = {
      asks,
      bids,
      ts: String(Math.floor(now * 1_000)),
      checksum: 0,
      prevSeqId: -1,
      seqId: sequence,
    };
    return JSON.stringify({ arg: { channel, instId: native }, action: "snapshot", data: [data] });
  },
  rest(path, query, market) {
    const native = query.get("instId") ?? "";
    switch (path) {
      case "/api/v5/public/instruments":
        return { body: { code: "0", msg: "", data: instruments(query.get("instType"), market) } };
      case "/api/v5/market/history-trades":
        return { body: { code: "0", msg: "", data: history(native, query, market) } };
      case "/api/v5/market/history-candles":
        return { body: { code: "0", msg: "", data: candles(native, query, market) } };
      default:
        return undefined;
    }
  },
};

function argument(message: Fields): Subscription {
  const { channel, instId } = (message["arg"] ?? {}) as { channel?: string; instId?: string };
  return { channel: channel ?? "", native: instId ?? "" };
}

function readRequest(text: string, { natives }: ReplayMarket): ReplayRequest {
  const nothing = { subscribe: [], unsubscribe: [] };
  if (text === "ping") return { ...nothing, replies: ["pong"] };
  let request: { op?: unknown; args?: unknown };
  try {
    request = JSON.parse(text) as typeof request;
  } catch {
    return { ...nothing, replies: [refusal("60012", `Invalid request: ${text.slice(0, 200)}`)] };
  }
  const { op, args } = request;
  if ((op !== "subscribe" && op !== "unsubscribe") || !Array.isArray(args))
    return { ...nothing, replies: [refusal("60012", `Invalid request: ${text.slice(0, 200)}`)] };
  const replies: string[] = [];
  const taken: Subscription[] = [];
  for (const arg of args as { channel?: string; instId?: string }[]) {
    const { channel = "", instId = "" } = arg;
    if (!okxChannels.has(channel) || !natives.includes(instId)) {
      const said = `Wrong URL or channel:${channel},instId:${instId} doesn't exist. Please use the correct URL, channel and parameters referring to API document.`;
      replies.push(refusal("60018", said));
      continue;
    }
    taken.push({ channel, native: instId });
    replies.push(JSON.stringify({ event: op, arg, connId: ID }));
  }
  return op === "subscribe"
    ? { subscribe: taken, unsubscribe: [], replies }
    : { subscribe: [], unsubscribe: taken, replies };
}

function refusal(code: string, msg: string): string {
  return JSON.stringify({ event: "error", code, msg, connId: ID });
}

function instruments(kind: string | null, { natives }: ReplayMarket): unknown[] {
  return natives
    .filter((native) => instrumentKind(native) === kind)
    .map((instId) => ({ instId, instType: kind, tickSz: "0.1", lotSz: "0.00001", ctVal: "", state: "live" }));
}

/** The newest first, older than `after`. */
function history(native: string, query: URLSearchParams, market: ReplayMarket): Fields[] {
  const after = Number(query.get("after") ?? Infinity);
  const limit = Number(query.get("limit") ?? 100);
  return market
    .trades(native)
    .filter(({ tradeId }) => Number(tradeId) < after)
    .slice(-limit)
    .toReversed();
}

function candles(native: string, query: URLSearchParams, market: ReplayMarket): unknown[] {
  const [before, after] = [Number(query.get("before") ?? 0), Number(query.get("after") ?? Infinity)];
  return market
    .candles(`candle${query.get("bar")}`, native)
    .map(({ row }) => row as string[])
    .filter(
      ([time, , , , , , , , confirm]) => confirm === "1" && Number(time) > before && Number(time) < after,
    )
    .toReversed();
}
