import { createHmac } from "node:crypto";
import type { Subscription } from "../model/mapping.ts";
import { BY_KIND } from "./channels.ts";
import { instrumentKind } from "./symbols.ts";

/** The server refuses requests above 64 KiB; this leaves room for what is around the arguments. */
const MOST_BYTES = 60_000;

/** Requests that open or close subscriptions: as few as possible, as they are counted by the hour. */
export function okxRequests(
  op: "subscribe" | "unsubscribe",
  subscriptions: readonly Subscription[],
  id?: string,
): string[] {
  const requests: string[] = [];
  let args: string[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (args.length === 0) return;
    const named = id === undefined ? "" : `"id":"${id}",`;
    requests.push(`{${named}"op":"${op}","args":[${args.join(",")}]}`);
    args = [];
    bytes = 0;
  };
  for (const each of new Set(subscriptions.map((one) => JSON.stringify(okxArgument(one))))) {
    if (bytes + each.length > MOST_BYTES) flush();
    args.push(each);
    bytes += each.length + 1;
  }
  flush();
  return requests;
}

/** How a subscription is said in requests, and said again in answers. */
function okxArgument({ channel, native }: Subscription): Record<string, string> {
  if (channel === "account") return { channel };
  if (BY_KIND.has(channel)) return { channel, instType: native === "" ? "ANY" : instrumentKind(native) };
  return { channel, instId: native };
}

/** Who logs in. */
export interface OkxCredentials {
  readonly key: string;
  readonly secret: string;
  readonly passphrase: string;
}

/** The request that opens private channels; good for 30 s. `now` is in milliseconds. */
export function okxLogin({ key, secret, passphrase }: OkxCredentials, now: number): string {
  const timestamp = String(Math.floor(now / 1_000));
  const sign = createHmac("sha256", secret).update(`${timestamp}GET/users/self/verify`).digest("base64");
  return JSON.stringify({ op: "login", args: [{ apiKey: key, passphrase, timestamp, sign }] });
}
