import { z } from "zod";
import { duration } from "../http/option-types.ts";

/** What tells that a site has banned a proxy. All that is said has to hold. */
export const banRule = z.strictObject({
  /** Hosts that it is for: `shop.example`, or `*.shop.example` for those below it. Default: all. */
  host: z.string().min(1).optional(),
  /** Statuses: a number, or several. */
  status: z.union([z.number().int(), z.array(z.number().int()).min(1)]).optional(),
  /** What the body contains: a text, or a regular expression. */
  contains: z.union([z.string().min(1), z.instanceof(RegExp)]).optional(),
  /** What the address that was redirected to contains. */
  redirect: z.union([z.string().min(1), z.instanceof(RegExp)]).optional(),
  /** How long the proxy is not used for that host, plus up to half at random; doubled with each ban. Default 5 minutes. */
  rest: duration.default("5 minutes"),
});

/** What tells that a site has banned a proxy, as users write it. */
export type BanRule = z.input<typeof banRule>;
/** What tells that a site has banned a proxy, with the defaults filled in. */
export type KnownBanRule = z.output<typeof banRule>;

/** What rules look at. */
export interface Judged {
  readonly host: string;
  readonly status: number;
  /** Decompressed; empty where it is read as a stream. */
  readonly body: Buffer;
  readonly redirects: readonly { readonly url: URL }[];
}

/** Bytes of a body that regular expressions look at. */
const SEARCHED = 1_048_576;

/** The first rule that an answer meets. */
export function bannedBy(rules: readonly KnownBanRule[], judged: Judged): KnownBanRule | undefined {
  return rules.find((rule) => meets(rule, judged));
}

function meets({ host, status, contains, redirect }: KnownBanRule, judged: Judged): boolean {
  if (status === undefined && contains === undefined && redirect === undefined) return false;
  if (host !== undefined && !isHost(host, judged.host)) return false;
  if (status !== undefined && ![status].flat().includes(judged.status)) return false;
  if (redirect !== undefined && !judged.redirects.some(({ url }) => has(url.href, redirect))) return false;
  if (contains === undefined) return true;
  return typeof contains === "string"
    ? judged.body.includes(contains)
    : has(judged.body.toString("utf8", 0, SEARCHED), contains);
}

function has(text: string, wanted: string | RegExp): boolean {
  // search() takes no notice of where a global expression stopped the last time.
  return typeof wanted === "string" ? text.includes(wanted) : text.search(wanted) >= 0;
}

function isHost(pattern: string, host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const wanted = pattern.toLowerCase();
  return wanted.startsWith("*.") ? name.endsWith(wanted.slice(1)) : name === wanted;
}
