import { createHmac } from "node:crypto";
import type { Subscription } from "../model/mapping.ts";
import { USDM } from "./symbols.ts";

/** Keeps requests far below what the server takes in one message. */
const MOST_STREAMS = 200;

/** Name of the stream that a channel of an instrument is, such as `btcusdt@depth@100ms`. */
function streamName({ channel, native }: Subscription): string {
  const name = native.startsWith(USDM) ? native.slice(USDM.length) : native;
  return `${name.toLowerCase()}@${channel}`;
}

/** Requests that open or close streams; `id` numbers the first, the others count up from it. */
export function binanceRequests(
  method: "SUBSCRIBE" | "UNSUBSCRIBE",
  subscriptions: readonly Subscription[],
  id: number,
): string[] {
  const streams = [...new Set(subscriptions.map(streamName))];
  const requests: string[] = [];
  for (let at = 0; at < streams.length; at += MOST_STREAMS) {
    const params = streams.slice(at, at + MOST_STREAMS);
    requests.push(JSON.stringify({ method, params, id: id + requests.length }));
  }
  return requests;
}

/** Who logs in. */
export interface BinanceCredentials {
  readonly key: string;
  readonly secret: string;
}

/** The request that opens the user's own events on the spot WebSocket API. `now` is in milliseconds. */
export function binanceUserRequest({ key, secret }: BinanceCredentials, now: number): string {
  const signed = `apiKey=${key}&timestamp=${now}`;
  const signature = createHmac("sha256", secret).update(signed).digest("hex");
  return JSON.stringify({
    id: "user",
    method: "userDataStream.subscribe.signature",
    params: { apiKey: key, timestamp: now, signature },
  });
}
