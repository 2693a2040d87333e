import { z } from "zod";
import { duration, secret } from "../shared/http/option-types.ts";
import { tlsOptions } from "../shared/http/tls-options.ts";
import type { ProxyPool } from "../shared/proxies/proxy-pool.ts";
import type { ArchiveReader } from "../shared/request/archive/archive-reader.ts";
import type { ArchiveWriter } from "../shared/request/archive/archive-writer.ts";
import type { Session } from "../shared/request/session/session.ts";
import type { Convert, Field, FieldInput, Place } from "./extract/field.ts";
import type { Page } from "./page/page.ts";
import type { HandleContext } from "./visit/handle-context.ts";
import { browserOptions } from "./browser/options.ts";
import { crawlRequest, type CrawlRequest } from "./visit/crawl-request.ts";
import type { Matcher } from "./visit/matcher.ts";

export type { Convert, CrawlRequest, Field, FieldInput, HandleContext, Matcher, Page, Place };

const matcher = z.custom<Matcher>(isMatcher, {
  message: "must be a part of the address, a pattern, a function of the URL, or a list of these",
});
const fields = z.record(
  z.string().min(1),
  z.custom<FieldInput>((value) => value !== undefined, {
    message: 'must be a field such as css(".price", number), a function or a value',
  }),
);

const proxyPool = z.custom<ProxyPool>((value) => isMade(value, "ProxyPool"), {
  message: "must be a proxyPool()",
});
const visitSession = z.custom<Session>((value) => isMade(value, "Session"), {
  message: "must be a session()",
});
const archiveWriter = z.custom<ArchiveWriter>((value) => isMade(value, "ArchiveWriter"), {
  message: "must be made by recordTo()",
});
const archiveReader = z.custom<ArchiveReader>((value) => isMade(value, "ArchiveReader"), {
  message: "must be made by replayFrom()",
});

const followRule = z.strictObject({
  /** CSS selector of the links. Default `a[href]`. */
  links: z.string().min(1).default("a[href]"),
  /** Only links to these addresses. Default: all. */
  when: matcher.optional(),
  /** Higher ones are visited first. Default 0. */
  priority: z.number().default(0),
  /** The part of the page that a link belongs to, such as `.card`: the closest element around it. Default: the link itself. */
  within: z.string().min(1).optional(),
  /** What the page knows of the one that it links to, read from `within`: `carried("price")` there. */
  carry: fields.optional(),
  /** Attribute that holds the address. Default `href`. */
  attribute: z.string().min(1).default("href"),
  /** Follows links that are marked `rel="nofollow"`. Default false. */
  nofollow: z.boolean().default(false),
});

const extractRule = z.strictObject({
  /** Name of the stream. Default `pages`. */
  stream: z.string().min(1).default("pages"),
  /** Pages that have such rows: a part of the address, a pattern, or a function of the URL. Default: all. */
  at: matcher.optional(),
  /** CSS selector of the elements that are a row each. Default: the page is one row. */
  each: z.string().min(1).optional(),
  /** Column → field: `css(".price", price)`, a function of `{ page, within, row }`, or a value that is always the same. */
  row: fields,
  /** Columns that identify a row, for tables that name no key of their own. */
  key: z.array(z.string().min(1)).min(1).optional(),
  /** Fields without which a row is refused, and kept in the quarantine with the reason. Default: those of `key`. */
  require: z.array(z.string().min(1)).optional(),
});

const follow = z.union([
  z.string().min(1),
  followRule,
  z.custom<FollowFunction>((value) => typeof value === "function"),
]);

/** Options of `crawl()`. */
export const crawlOptions = z.strictObject({
  /** Where the crawl begins: addresses, or requests such as `{ url, form: { page: 1 } }`. */
  start: z.union([
    z.string().min(1),
    z.instanceof(URL),
    crawlRequest,
    z.array(z.union([z.string().min(1), z.instanceof(URL), crawlRequest])).min(1),
  ]),
  /** Links to follow: a CSS selector, `{ links, when, carry, … }`, a function of the page that returns them, or several. Default: none. */
  follow: z.union([follow, z.array(follow)]).default([]),
  /** Addresses that may be visited at all, besides those of `start`. Default: all of `hosts`. */
  when: matcher.optional(),
  /** Hosts that may be visited, also as `*.example.org`; `any`: all. Default: those of `start`. */
  hosts: z.union([z.literal("any"), z.array(z.string().min(1)).min(1)]).optional(),
  /** The rows that pages have. Default: none, which needs `handle`. */
  extract: z.union([extractRule, z.array(extractRule)]).default([]),
  /** Called with each page, for what options cannot say: `context.emit(stream, row)`, `context.follow(address)`. */
  handle: z
    .custom<HandleFunction>((value) => typeof value === "function", { message: "must be a function" })
    .optional(),
  /** Reads sitemaps: `true` those that robots.txt names, and `/sitemap.xml`; or their addresses. Default false. */
  sitemaps: z.union([z.boolean(), z.array(z.string().min(1))]).default(false),
  /**
   * Whether robots.txt, `<meta name="robots">` and `rel="nofollow"` are respected; by host where they differ, such as
   * `{ "example.org": "ignore" }`. Ignore only with the permission of the site's owner. Default `respect`.
   */
  robots: z
    .union([z.enum(["respect", "ignore"]), z.record(z.string(), z.enum(["respect", "ignore"]))])
    .default("respect"),
  /** Who asks: the first word is what robots.txt knows the crawler by. Default `millrace`. */
  userAgent: z.string().min(1).default("millrace"),
  /** Headers of every request. A value may be a function that returns a secret. Not sent on to other hosts. */
  headers: z.record(z.string(), secret).default({}),
  /** Requests at a time; fewer are made where more bring nothing, and where a host is slow or refuses. */
  concurrency: z
    .strictObject({
      /** In all. Default 64. */
      total: z.number().int().positive().default(64),
      /** Of one host. Default 8. */
      perHost: z.number().int().positive().default(8),
    })
    .default({ total: 64, perHost: 8 }),
  /** Least time between two requests to a host; a longer one that robots.txt asks for counts. Default 0. */
  delay: duration.default(0),
  /** Longest `crawl-delay` of a robots.txt that is waited for. Default 1 minute. */
  maxCrawlDelay: duration.default("1 minute"),
  /** How to try again after statuses 408, 425, 429 and 5xx, and network errors that may pass. */
  retry: z
    .strictObject({
      /** How often a page is asked for at most. Default 4. */
      attempts: z.number().int().positive().default(4),
      /** Wait before the second attempt; doubled with each further one. Default 1 second. */
      delay: duration.default("1 second"),
      /** Longest wait between two attempts, also where the server asks for more. Default 5 minutes. */
      maxDelay: duration.default("5 minutes"),
    })
    .default({ attempts: 4, delay: "1 second", maxDelay: "5 minutes" }),
  /** Statuses besides 2xx whose pages are read like any other. Default: none, a 404 is never a row. */
  statuses: z.array(z.number().int()).default([]),
  /** Tells pages that say "not found" with status 200: a CSS selector, a pattern that their text has, or a function. Default: none. */
  gone: z
    .union([
      z.string().min(1),
      z.instanceof(RegExp),
      z.custom<(page: Page) => boolean>((value) => typeof value === "function"),
    ])
    .optional(),
  /** Most pages of one crawl; beyond it the crawl ends with a warning, and nothing is removed. Default 1,000,000. */
  maxPages: z.number().int().positive().default(1_000_000),
  /** Most links from the start to a page. Default: any number. */
  maxDepth: z.number().int().nonnegative().optional(),
  /**
   * Pages in a row whose addresses differ in numbers and values alone, that give neither rows nor links of another kind: then
   * no more of them are visited, as calendars and sessions have no end. Default 500.
   */
  maxBarren: z.number().int().positive().default(500),
  /** How equal pages are told by their addresses; or a function that returns what is equal for them. */
  canonical: z
    .union([
      z.custom<(url: URL) => string>((value) => typeof value === "function"),
      z.strictObject({
        /** Parameters of the query in the order of their names. Default true. */
        sortQuery: z.boolean().optional(),
        /** Further parameters that make no difference. */
        dropParams: z.array(z.string()).optional(),
        /** Keeps parameters of sessions and tracking, such as `PHPSESSID` and `utm_source`. Default false. */
        keepTracking: z.boolean().optional(),
        /** Keeps what follows `#`. Default false. */
        keepFragment: z.boolean().optional(),
      }),
    ])
    .default({}),
  /** `strict`: broken HTML is read exactly as browsers do, three times slower. Default `fast`. */
  parsing: z.enum(["fast", "strict"]).default("fast"),
  /** Longest silence: for a connection, for the answer to begin, and between its pieces. Default 30,000 ms. */
  timeoutMs: z.number().int().positive().default(30_000),
  /** Longest time for a whole answer. Default 2 minutes. */
  maxResponse: duration.default("2 minutes"),
  /** Largest page in bytes, decompressed. Default 16 MiB. */
  maxResponseBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 ** 2),
  /** Redirects that are followed from one page. Default 10. */
  maxRedirects: z.number().int().nonnegative().default(10),
  /** Certificates and what is accepted of the server's. */
  tls: tlsOptions.default(() => tlsOptions.parse({})),
  /** Proxy to go through, such as `http://user:password@proxy:3128`. Default: none. */
  proxy: secret.optional(),
  /** Several proxies in turn, in place of `proxy`: a `proxyPool()`. Default: none. */
  proxies: proxyPool.optional(),
  /** Cookies are kept and sent back, as browsers do; a `session()` brings its own. Default true. */
  cookies: z.union([z.boolean(), visitSession]).default(true),
  /** Logs in by a form before the first page, and again when the site has forgotten it. Default: nobody logs in. */
  login: z
    .strictObject({
      /** The page with the form. */
      url: z.string().min(1),
      /** Values of its fields by their names; what the form brings along, such as a token, is sent as well. */
      fields: z.record(z.string(), secret),
      /** CSS selector of the form. Default: the one with a password. */
      form: z.string().min(1).default("form:has(input[type=password])"),
      /** CSS selector of what only pages for those have who are not logged in. Default: a field for a password. */
      loggedOut: z.string().min(1).default("input[type=password]"),
    })
    .optional(),
  /**
   * Opens pages in a browser, for sites that need scripts: `true`, or more about it. Needs the package playwright-core and an
   * installed Chromium. Ten to a hundred times slower. Default: no browser.
   */
  browser: z.union([z.literal(true), browserOptions]).optional(),
  /** Keeps all answers as they came, to be read again without the network: `recordTo()`. Default: not kept. */
  record: archiveWriter.optional(),
  /** Takes all answers from what was kept: `await replayFrom()`. Default: the network. */
  replay: archiveReader.optional(),
  /** Hosts with private, loopback and link-local addresses: `refuse` where addresses come from others. Default `allow`. */
  privateAddresses: z.enum(["allow", "refuse"]).default("allow"),
  /** How old an interrupted crawl may be to be gone on with; an older one begins anew. Default 1 day. */
  resumeWithin: duration.default("1 day"),
});

/** Options of `crawl()`, as users write them. */
export type CrawlOptions = z.input<typeof crawlOptions>;
/** Options of `crawl()`, with the defaults filled in. */
export type ResolvedCrawlOptions = z.output<typeof crawlOptions>;
/** Which links a page has that are followed, as an option. */
export type FollowRule = z.output<typeof followRule>;
/** Rows that pages have, as an option. */
export type ExtractRule = z.output<typeof extractRule>;
/** Returns addresses or requests that a page leads to. */
export type FollowFunction = (page: Page) => Iterable<string | CrawlRequest>;
/** Does with a page what options cannot say. */
export type HandleFunction = (page: Page, context: HandleContext) => void | Promise<void>;

function isMatcher(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every(isMatcher);
  return (
    value instanceof RegExp || typeof value === "function" || (typeof value === "string" && value !== "")
  );
}

/** Known by the name of its class, so that checking options does not load the HTTP client. */
function isMade(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && value.constructor.name === name;
}
