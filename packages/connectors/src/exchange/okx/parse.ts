import { canonicalJson } from "@millrace/core";
import { array, type Fields, object, text } from "../model/fields.ts";
import { malformed } from "../model/malformed.ts";
import type { ParseContext, Parser } from "../model/mapping.ts";
import { readJson } from "../model/read-json.ts";
import { okxChannels } from "./channels.ts";
import { isPermanent } from "./errors.ts";
import { instrumentFields } from "./parse-instrument.ts";
import {
  type OkxMessage,
  parseBbo,
  parseBook,
  parseCandle,
  parseFunding,
  parseLiquidations,
  parseMarkPrice,
  parseOpenInterest,
  parseTicker,
  parseTrade,
} from "./parse-data.ts";

/** Notice that the server will be restarted within a minute. */
const SERVICE_UPGRADE = "64008";

type Take = (item: unknown, message: OkxMessage, context: ParseContext) => void;

const TAKERS: Readonly<Record<string, Take>> = {
  trade: parseTrade,
  ticker: parseTicker,
  bbo: parseBbo,
  orderbook: parseBook,
  candle: parseCandle,
  funding: parseFunding,
  open_interest: parseOpenInterest,
  mark_price: parseMarkPrice,
  liquidation: parseLiquidations,
  instrument: (item, message, { emit, symbols }) =>
    emit("instrument", {
      ...instrumentFields(object(item, "data"), symbols),
      received_at: message.receivedAt,
    }),
  account: (item, { channel, receivedAt }, { emit, symbols }) => {
    const fields = object(item, "data");
    const native = fields["instId"];
    emit("account", {
      exchange: "okx",
      symbol: typeof native === "string" ? symbols.normal(native) : "",
      exchange_time: null,
      received_at: receivedAt,
      channel,
      data: canonicalJson(fields),
    });
  },
};

/** Takes the messages of one connection to OKX. */
export function okxParser(context: ParseContext): Parser {
  return (source, receivedAt) => {
    if (source === "pong") return context.control({ kind: "pong" });
    const message = readJson(source);
    if (message["event"] !== undefined) return takeEvent(message, context);
    const arg = message["arg"] as Fields | undefined;
    const channel = arg?.["channel"];
    const facts = typeof channel === "string" ? okxChannels.get(channel) : undefined;
    const take = facts === undefined ? undefined : TAKERS[facts.brings];
    if (facts === undefined || take === undefined || typeof channel !== "string")
      return context.control({ kind: "ignored" });
    const data = array(message["data"], "data");
    const native = arg?.["instId"];
    const whole: OkxMessage = {
      channel,
      native: typeof native === "string" ? native : "",
      facts,
      action: message["action"],
      receivedAt,
      ...(context.raw ? { raw: source } : {}),
    };
    for (let i = 0; i < data.length; i++) take(data[i], whole, context);
  };
}

function takeEvent(message: Fields, { control, symbols }: ParseContext): void {
  const event = text(message["event"], "event");
  const arg = (message["arg"] ?? {}) as Fields;
  const native = arg["instId"];
  const of = {
    channel: typeof arg["channel"] === "string" ? arg["channel"] : "",
    symbol: typeof native === "string" ? symbols.normal(native) : undefined,
  };
  const code = typeof message["code"] === "string" ? message["code"] : "";
  const said = typeof message["msg"] === "string" ? message["msg"] : "";
  switch (event) {
    case "subscribe":
      return control({ kind: "subscribed", ...of });
    case "unsubscribe":
      return control({ kind: "unsubscribed", ...of });
    case "login":
      return code === "0"
        ? control({ kind: "logged-in" })
        : control({ kind: "refused", code, message: said, permanent: true });
    case "error":
      return control({ kind: "refused", code, message: said, permanent: isPermanent(code) });
    case "notice":
      return code === SERVICE_UPGRADE
        ? control({ kind: "going-away", reason: `notice ${code}: ${said}` })
        : control({ kind: "ignored" });
    case "channel-conn-count":
      return control({ kind: "ignored" });
    case "channel-conn-count-error":
      return control({
        kind: "refused",
        code: "channel-conn-count",
        message: `too many connections for ${of.channel}`,
        permanent: false,
      });
    default:
      throw malformed("event", event, "an event that is documented");
  }
}
