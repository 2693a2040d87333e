import { canonicalJson } from "@millrace/core";
import { type Fields, integer, object } from "../model/fields.ts";
import type { ChannelFacts, ParseContext, Parser } from "../model/mapping.ts";
import { readJson } from "../model/read-json.ts";
import { spotChannels, usdmChannels } from "./channels.ts";
import {
  type BinanceMessage,
  parseAggregate,
  parseBookTicker,
  parseDepth,
  parseForceOrder,
  parseKline,
  parseMarkPrice,
  parsePartialDepth,
  parseTicker,
  parseTrade,
} from "./parse-data.ts";
import { USDM } from "./symbols.ts";

type Take = (fields: Fields, message: BinanceMessage, context: ParseContext) => void;

interface StreamFacts {
  readonly symbol: string;
  readonly channel: string;
  readonly take: Take;
}

/** Takes the messages of one connection to Binance, whose streams are combined. */
export function binanceParser(context: ParseContext): Parser {
  const streams = new Map<string, StreamFacts | undefined>();
  return (source, receivedAt) => {
    const message = readJson(source);
    const stream = message["stream"];
    if (typeof stream !== "string") return takeOther(message, receivedAt, context);
    let facts = streams.get(stream);
    if (facts === undefined) {
      facts = streamFacts(stream, context);
      streams.set(stream, facts);
    }
    if (facts === undefined) return takeOther(object(message["data"], "data"), receivedAt, context);
    const { symbol, channel, take } = facts;
    take(
      object(message["data"], "data"),
      { symbol, channel, receivedAt, ...(context.raw ? { raw: source } : {}) },
      context,
    );
  };
}

function streamFacts(stream: string, { socket, symbols }: ParseContext): StreamFacts | undefined {
  const at = stream.indexOf("@");
  if (at <= 0) return undefined;
  const futures = socket.startsWith("usdm");
  const channel = stream.slice(at + 1);
  const facts = (futures ? usdmChannels : spotChannels).get(channel);
  const take = facts === undefined ? undefined : takerOf(facts, channel);
  if (take === undefined) return undefined;
  const native = stream.slice(0, at).toUpperCase();
  return { symbol: symbols.normal(futures ? USDM + native : native), channel, take };
}

function takerOf(facts: ChannelFacts, channel: string): Take | undefined {
  switch (facts.brings) {
    case "trade":
      return channel === "trade" ? parseTrade : parseAggregate;
    case "bbo":
      return parseBookTicker;
    case "orderbook":
      return facts.rule === undefined ? parsePartialDepth : parseDepth;
    case "candle":
      return parseKline;
    case "ticker":
      return parseTicker;
    case "mark_price":
      return parseMarkPrice;
    case "liquidation":
      return parseForceOrder;
    default:
      return undefined;
  }
}

/** Answers to requests, events of the user's own, and news of the server. */
function takeOther(message: Fields, receivedAt: number, context: ParseContext): void {
  const { control } = context;
  const error = message["error"] ?? (message["code"] === undefined ? undefined : message);
  if (error !== undefined) return takeError(object(error, "error"), control);
  // The user's own events are wrapped where several accounts may share a connection.
  const wrapped = message["event"];
  const event = typeof wrapped === "object" && wrapped !== null ? (wrapped as Fields) : message;
  const kind = event["e"];
  if (kind === "serverShutdown") return control({ kind: "going-away", reason: "serverShutdown" });
  if (kind === "listenKeyExpired" || kind === "eventStreamTerminated")
    return control({ kind: "going-away", reason: kind });
  if (typeof kind === "string" && context.socket.endsWith("-user"))
    return takeAccount(kind, event, { ...context, receivedAt });
  if (message["id"] !== undefined && context.socket === "spot-user") return control({ kind: "logged-in" });
  if ("result" in message) return control({ kind: "subscribed", channel: "", symbol: undefined });
  control({ kind: "ignored" });
}

function takeAccount(
  channel: string,
  event: Fields,
  { emit, symbols, socket, receivedAt }: ParseContext & { readonly receivedAt: number },
): void {
  const order = (event["o"] ?? event) as Fields;
  const native = typeof order["s"] === "string" ? order["s"] : undefined;
  const prefix = socket.startsWith("usdm") ? USDM : "";
  emit("account", {
    exchange: "binance",
    symbol: native === undefined ? "" : symbols.normal(prefix + native),
    exchange_time: event["E"] === undefined ? null : integer(event["E"], "E") * 1_000,
    received_at: receivedAt,
    channel,
    data: canonicalJson(event),
  });
}

/** Requests that are wrong stay wrong; keys, signatures and unknown streams too. */
const PERMANENT = new Set(["0", "1", "2", "3", "-1022", "-1100", "-1102", "-1121", "-2014", "-2015"]);

function takeError(error: Fields, control: ParseContext["control"]): void {
  const code = String(error["code"]);
  const message = typeof error["msg"] === "string" ? error["msg"] : "no reason given";
  control({ kind: "refused", code, message, permanent: PERMANENT.has(code) });
}
