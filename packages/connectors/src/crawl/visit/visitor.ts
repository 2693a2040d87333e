import { type Json, MillraceError, type Clock, type ReadContext, type Row } from "@millrace/core";
import { followRedirects } from "./follow-redirects.ts";
import { retryAfterMs } from "../../shared/http/retry-after.ts";
import { toMs } from "../../shared/http/duration.ts";
import { type Extraction, refused } from "../extract/extraction.ts";
import type { Link, Outcome, PageRows, Visit } from "../frontier/visit.ts";
import type { CrawlHealth } from "../health/crawl-health.ts";
import type { Samples } from "../health/samples.ts";
import type { CrawlRequest, ResolvedCrawlOptions } from "../options.ts";
import { Page } from "../page/page.ts";
import { compileSelector, selectOne } from "../page/select.ts";
import { textOf } from "../page/text-of.ts";
import { parseSitemap } from "../sitemap/parse-sitemap.ts";
import type { Admission } from "./admission.ts";
import { mayPass, type Fetched, type Fetcher } from "./fetcher.ts";
import type { compileFollow } from "./find-links.ts";
import { pageBody } from "./page-body.ts";
import { pageDirectives } from "./page-directives.ts";
import type { HostRules, RobotsKeeper } from "./robots-keeper.ts";
import type { LinkMaker } from "./to-link.ts";

/** Statuses after which a page is asked for again. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Statuses by which a host says that it is asked too much. */
const THROTTLING = new Set([429, 503]);
const GONE = new Set([404, 410]);
const MAX_SITEMAP_BYTES = 64 * 1024 ** 2;

/** What a visit came to, and what it says of the host. */
export interface Visited {
  readonly outcome: Outcome;
  /** How the host did; `refused`: it wants fewer requests. Default `answered`. */
  readonly host: "answered" | "refused" | "failed";
  /** Wait that the host asks for. */
  readonly retryAfterMs?: number;
  /** When the page is to be tried again; for outcomes that wait. */
  readonly againInMs?: number;
  /** Why the page could not be read. */
  readonly failure?: string;
  readonly page?: Page;
}

/** What visiting pages needs. */
export interface VisitorParts {
  readonly options: ResolvedCrawlOptions;
  readonly extractions: readonly Extraction[];
  readonly findLinks: ReturnType<typeof compileFollow>;
  readonly admission: Admission;
  readonly links: LinkMaker;
  readonly fetcher: Fetcher;
  readonly robots: RobotsKeeper;
  readonly health: CrawlHealth;
  readonly samples: Samples;
  readonly context: Pick<ReadContext, "log">;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Visits single pages: fetches, judges the answer, extracts rows and links. What came of it is for others to record. */
export class Visitor {
  readonly #p: VisitorParts;
  readonly #product: string;

  constructor(parts: VisitorParts) {
    this.#p = parts;
    this.#product = /^[\w-]+/.exec(parts.options.userAgent)?.[0] ?? "millrace";
  }

  /** Fails only with the signal's reason, or where the login is not possible. */
  async visit(visit: Visit): Promise<Visited> {
    const rules = await this.#p.robots.rules(visit.host, this.#p.signal);
    if (!rules.allows(visit.url)) return refusedVisit(visit, rules);
    // Without a login no page is what it should be: where it fails, so does the run.
    await this.#p.fetcher.login?.ensure(this.#p.signal);
    try {
      return await this.#follow(visit, rules);
    } catch (error) {
      if (this.#p.signal.aborted || !(error instanceof MillraceError)) throw error;
      return this.#failed(visit, error.message, mayPass(error), "failed");
    }
  }

  async #follow(visit: Visit, rules: HostRules): Promise<Visited> {
    const loggedIn = this.#p.fetcher.login?.current;
    const { fetcher, robots, links, admission, signal, options } = this.#p;
    const followed = await followRedirects(visit, {
      fetch: (wish) =>
        fetcher.fetch({
          ...wish,
          signal,
          ...(visit.kind === "sitemap" ? { maxBytes: MAX_SITEMAP_BYTES } : { page: true }),
        }),
      rules,
      rulesOf: (host) => robots.rules(host, signal),
      sameSite: (url) => admission.sameSite(url),
      links,
      maxRedirects: options.maxRedirects,
    });
    if ("failure" in followed) return this.#failed(visit, followed.failure, false);
    if ("refusedBy" in followed) return refusedVisit(visit, followed.refusedBy);
    if ("elsewhere" in followed)
      return { outcome: { visit, state: "aside", status: followed.elsewhere }, host: "answered" };
    return this.#judge(visit, { ...followed, loggedIn });
  }

  async #judge(
    visit: Visit,
    answer: {
      readonly url: string;
      readonly fetched: Fetched;
      readonly rules: HostRules;
      readonly loggedIn: Promise<void> | undefined;
    },
  ): Promise<Visited> {
    const { fetched, url } = answer;
    const { status } = fetched;
    const { statuses } = this.#p.options;
    const wanted = (status >= 200 && status < 300) || statuses.includes(status);
    if (!wanted && GONE.has(status)) return { outcome: { visit, state: "gone", status }, host: "answered" };
    if (!wanted) return this.#unwanted(visit, fetched);
    if (visit.kind === "sitemap") return this.#sitemap(visit, answer);
    const body = pageBody(fetched, visit.request?.html);
    if (body === undefined) return { outcome: { visit, state: "aside", status }, host: "answered" };
    const page = new Page({
      url,
      requested: visit.url,
      status,
      headers: fetched.headers,
      ...body,
      depth: visit.depth,
      parsing: this.#p.options.parsing,
      fetchedAt: this.#p.clock.now(),
      ...(visit.carried === undefined ? {} : { carried: visit.carried }),
    });
    const { login } = this.#p.fetcher;
    if (login?.isLoggedOut(page) === true) {
      login.forget(answer.loggedIn);
      return this.#failed(visit, `${url} wants a login again`, true);
    }
    if (this.#isGone(page)) return { outcome: { visit, state: "gone", status }, host: "answered" };
    return this.#read(visit, page, answer.rules);
  }

  #unwanted(visit: Visit, { status, headers }: Fetched): Visited {
    const { clock } = this.#p;
    const asked = retryAfterMs(headers["retry-after"], clock.now());
    const refusedIt =
      THROTTLING.has(status) && (status === 429 || asked !== undefined || visit.attempts === 0);
    return {
      ...this.#failed(
        visit,
        `${visit.url} answered with status ${status}`,
        PASSING.has(status),
        refusedIt ? "refused" : "answered",
      ),
      ...(asked === undefined ? {} : { retryAfterMs: Math.min(asked, toMs(this.#p.options.retry.maxDelay)) }),
    };
  }

  /** To be tried again while that may help, otherwise given up: then the crawl did not see everything. */
  #failed(visit: Visit, failure: string, again: boolean, host: Visited["host"] = "answered"): Visited {
    const { attempts, delay, maxDelay } = this.#p.options.retry;
    if (again && visit.attempts + 1 < attempts) {
      const wait = Math.min(toMs(delay) * 2 ** visit.attempts, toMs(maxDelay));
      return { outcome: { visit, state: "waiting" }, host, failure, againInMs: wait };
    }
    const taint = visit.kind === "sitemap" ? "sitemaps could not be read" : "pages could not be read";
    return { outcome: { visit, state: "failed", taint }, host, failure };
  }

  #sitemap(visit: Visit, { fetched, url }: { readonly fetched: Fetched; readonly url: string }): Visited {
    const { links, admission } = this.#p;
    const found = parseSitemap(fetched.body);
    const depth = visit.depth + 1;
    const toLinks = (addresses: readonly string[], kind: Link["kind"]): Link[] =>
      addresses.flatMap((address) => {
        const link = links.link(address, { base: url, depth, kind, priority: kind === "sitemap" ? 1 : 0 });
        if (link === undefined) return [];
        const target = new URL(link.url);
        return (kind === "sitemap" ? admission.sameSite(target) : admission.allows(target)) ? [link] : [];
      });
    const all = [...toLinks(found.sitemaps, "sitemap"), ...toLinks(found.pages, "page")];
    return {
      outcome: {
        visit,
        state: "done",
        status: fetched.status,
        links: all.filter(({ depth: each }) => this.#withinDepth(each)),
        ...(found.cut ? { taint: "sitemaps list more than is read, or cannot be unpacked" } : {}),
      },
      host: "answered",
    };
  }

  async #read(visit: Visit, page: Page, rules: HostRules): Promise<Visited> {
    const { respected } = rules;
    const directives = respected ? pageDirectives(page, this.#product) : { noindex: false, nofollow: false };
    const collected = new Map<string, PageRows>();
    const found: Link[] = [];
    if (!directives.noindex) await this.#extract(page, collected);
    const taint = await this.#handle(page, { collected, found });
    if (!directives.nofollow) found.push(...this.#p.findLinks(page, respected));
    const alias = this.#p.links.link(page.url, { depth: visit.depth });
    return {
      page,
      host: "answered",
      outcome: {
        visit,
        state: "done",
        status: page.status,
        rows: directives.noindex ? [] : [...collected.values()],
        links: found.filter(
          (link) => this.#withinDepth(link.depth) && this.#p.admission.allows(new URL(link.url)),
        ),
        ...(page.url === visit.url || alias === undefined ? {} : { alias }),
        ...(taint === undefined ? {} : { taint }),
      },
    };
  }

  async #extract(page: Page, collected: Map<string, PageRows>): Promise<void> {
    const { extractions, health, samples } = this.#p;
    const address = new URL(page.url);
    for (const extraction of extractions) {
      if (!extraction.appliesTo(address)) continue;
      const rows = extraction.rows(page, health.tally(extraction.stream));
      collect(collected, rows);
      if (rows.rows.length > 0 && (rows.rejected?.length ?? 0) === 0) continue;
      await samples.keep(page, rows.rejected?.[0]?.message ?? `no rows of stream "${extraction.stream}"`);
    }
  }

  /** Why the page could not be handled; undefined where it was. */
  async #handle(
    page: Page,
    { collected, found }: { readonly collected: Map<string, PageRows>; readonly found: Link[] },
  ): Promise<string | undefined> {
    const { options, links, context, signal, samples } = this.#p;
    if (options.handle === undefined) return undefined;
    const emitted = new Map<string, PageRows>();
    const targets: Link[] = [];
    try {
      await options.handle(page, {
        emit: (stream: string, ...rows: readonly Row[]) => collect(emitted, { stream, rows }),
        follow: (
          target: string | CrawlRequest,
          {
            priority,
            carry,
          }: { readonly priority?: number; readonly carry?: Readonly<Record<string, Json>> } = {},
        ) => {
          const link = links.link(target, {
            base: page.base,
            depth: page.depth + 1,
            ...(priority === undefined ? {} : { priority }),
            ...(carry === undefined ? {} : { carried: carry }),
          });
          if (link !== undefined) targets.push(link);
        },
        log: (level, message) => context.log(level, message, { url: page.url }),
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      const why = `handle() failed: ${error instanceof Error ? error.message : String(error)}`;
      context.log("warn", `${page.url}: ${why}`);
      await samples.keep(page, why);
      const stream = this.#p.extractions[0]?.stream ?? "pages";
      collect(collected, { stream, rows: [], rejected: [refused(page, why)] });
      return "pages could not be handled";
    }
    for (const rows of emitted.values()) collect(collected, rows);
    found.push(...targets);
    return undefined;
  }

  #isGone(page: Page): boolean {
    const { gone } = this.#p.options;
    if (gone === undefined) return false;
    if (typeof gone === "function") return gone(page);
    if (gone instanceof RegExp)
      return new RegExp(gone.source, gone.flags.replaceAll(/[gy]/g, "")).test(textOf(page.document));
    return selectOne(compileSelector(gone), page.document) !== undefined;
  }

  #withinDepth(depth: number): boolean {
    const { maxDepth } = this.#p.options;
    return maxDepth === undefined || depth <= maxDepth;
  }
}

/** A page that was there before and may not be read now is not gone. */
function refusedVisit(visit: Visit, { unreachable }: HostRules): Visited {
  const failure =
    unreachable === undefined
      ? `${visit.url} is not to be read by robots.txt of ${visit.host}`
      : `${visit.url} is not read, as robots.txt cannot be: ${unreachable}`;
  const taint =
    unreachable !== undefined
      ? "robots.txt could not be read"
      : visit.known
        ? "robots.txt refuses pages that it allowed before"
        : undefined;
  return {
    outcome: { visit, state: "refused", ...(taint === undefined ? {} : { taint }) },
    host: "failed",
    failure,
  };
}

function collect(collected: Map<string, PageRows>, more: PageRows): void {
  const before = collected.get(more.stream);
  collected.set(
    more.stream,
    before === undefined
      ? more
      : {
          stream: more.stream,
          rows: [...before.rows, ...more.rows],
          rejected: [...(before.rejected ?? []), ...(more.rejected ?? [])],
        },
  );
}
