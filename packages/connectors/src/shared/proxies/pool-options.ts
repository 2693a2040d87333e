import { z } from "zod";
import { duration } from "../http/option-types.ts";
import { banRule } from "./ban-rule.ts";

const proxy = z.strictObject({
  /** `http://user:password@host:port`, also `https://` and `socks5://`. */
  url: z.string().min(1),
  /** Share of the requests under `weighted`. Default 1. */
  weight: z.number().positive().default(1),
  /** What can be asked for, such as the country: `["hk", "residential"]`. Default: none. */
  tags: z.array(z.string().min(1)).default([]),
  /** Price of 10^9 bytes, in whatever currency; both directions count. Default 0. */
  costPerGb: z.number().nonnegative().default(0),
  /** Price of one request. Default 0. */
  costPerRequest: z.number().nonnegative().default(0),
});

/** Options of a pool of proxies. */
export const proxyPoolOptions = z.strictObject({
  /** The proxies: their addresses, or with weight, tags and prices. */
  proxies: z.array(z.union([z.string().min(1), proxy])).min(1),
  /**
   * Which one is next. `round-robin`: one after another. `least-used`: the one with the fewest requests under way, then the
   * fewest in all. `weighted`: by chance and `weight`. `sticky-session`, `sticky-host`: always the same for a session, or for a
   * host, as long as it is usable. Default `round-robin`.
   */
  strategy: z
    .enum(["round-robin", "least-used", "weighted", "sticky-session", "sticky-host"])
    .default("round-robin"),
  /** What tells that a site has banned a proxy. Default: status 403 or 429. */
  bans: z.array(banRule).default(() => [banRule.parse({ status: [403, 429] })]),
  /** Failures in a row after which a proxy is dead. Before it is suspect, and used where no good one is left. Default 3. */
  deadAfter: z.number().int().positive().default(3),
  /**
   * How long a dead proxy is left alone before it is tried again with one request, plus up to half at random; doubled each time
   * that fails, up to 64 times as long. Default 1 minute.
   */
  recheck: duration.default("1 minute"),
});

/** Options of a pool of proxies, as users write them. */
export type ProxyPoolOptions = z.input<typeof proxyPoolOptions>;
/** Options of a pool of proxies, with the defaults filled in. */
export type KnownPoolOptions = z.output<typeof proxyPoolOptions>;
/** One proxy of a pool. */
export type KnownProxy = z.output<typeof proxy>;

/** A proxy that may be given as its address alone. */
export function knownProxy(given: KnownPoolOptions["proxies"][number]): KnownProxy {
  return typeof given === "string" ? proxy.parse({ url: given }) : given;
}
