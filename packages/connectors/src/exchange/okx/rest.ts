import { MillraceError } from "@millrace/core";
import { array, decimal, integer, maybeDecimal, millis, object, side, text } from "../model/fields.ts";
import type { ExchangeRest } from "../model/exchange-mapping.ts";
import { okxChannels } from "./channels.ts";
import { instrumentFields } from "./parse-instrument.ts";
import { instrumentKind } from "./symbols.ts";

/** OKX's REST interface: 10 requests in 2 s of history, 20 of the rest. */
export const okxRest: ExchangeRest = {
  spacingMs: 220,
  async instruments(native, { client, symbols, signal, now }) {
    const kind = instrumentKind(native);
    const family = kind === "OPTION" ? `&uly=${native.split("-").slice(0, 2).join("-")}` : "";
    const answer = await client.get(`/api/v5/public/instruments?instType=${kind}${family}`, signal);
    const received_at = now();
    return dataOf(answer).map((each) => ({
      ...instrumentFields(object(each, "data"), symbols),
      received_at,
    }));
  },
  async trades({ native }, hole, { client, symbols, signal, now }) {
    // `after` asks for what is older than a trade, the newest first.
    const query = `instId=${encodeURIComponent(native)}&type=1&after=${hole.last + 1}&limit=100`;
    const answer = await client.get(`/api/v5/market/history-trades?${query}`, signal);
    const received_at = now();
    return dataOf(answer).map((each) => {
      const fields = object(each, "data");
      const id = text(fields["tradeId"], "tradeId");
      return {
        exchange: "okx",
        symbol: symbols.normal(native),
        trade_id: id,
        price: decimal(fields["px"], "px"),
        size: decimal(fields["sz"], "sz"),
        side: side(fields["side"], "side"),
        fills: 1,
        sequence: integer(id, "tradeId"),
        exchange_time: millis(fields["ts"], "ts"),
        received_at,
        backfilled: true,
      };
    });
  },
  async candles({ channel, native }, interval, { from, to }, { client, symbols, signal, now }) {
    const bar = channel.replace(/^candle/, "");
    const query = `instId=${encodeURIComponent(native)}&bar=${bar}&before=${from / 1_000 - 1}&after=${to / 1_000}&limit=100`;
    const answer = await client.get(`/api/v5/market/history-candles?${query}`, signal);
    const received_at = now();
    return dataOf(answer).map((each) => {
      const fields = array(each, "data");
      return {
        exchange: "okx",
        symbol: symbols.normal(native),
        interval: okxChannels.get(channel)?.interval ?? interval,
        open_time: millis(fields[0], "ts"),
        open: decimal(fields[1], "o"),
        high: decimal(fields[2], "h"),
        low: decimal(fields[3], "l"),
        close: decimal(fields[4], "c"),
        volume: decimal(fields[5], "vol"),
        quote_volume: maybeDecimal(fields[7], "volCcyQuote"),
        trades: null,
        closed: fields[8] === undefined || fields[8] === "1",
        origin: "exchange",
        exchange_time: null,
        received_at,
      };
    });
  },
};

/** Errors come with status 200 and a code of their own. */
function dataOf(answer: unknown): readonly unknown[] {
  const { code, msg, data } = object(answer, "answer");
  if (code === "0") return array(data, "data");
  const passing = code === "50011" || code === "50001" || code === "50013";
  throw new MillraceError(
    "MLR_SOURCE_FAILED",
    `okx: the REST interface answered ${String(code)}: ${String(msg)}`,
    {
      hint: "Codes are listed in the exchange's documentation.",
      retry: passing ? "later" : "never",
    },
  );
}
