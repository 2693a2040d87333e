import { type Json, MillraceError } from "@millrace/core";
import { canonicalUrl } from "../frontier/canonical-url.ts";
import type { Link, VisitKind, VisitRequest } from "../frontier/visit.ts";
import type { CrawlRequest, ResolvedCrawlOptions } from "../options.ts";

/** What is known of a link besides its target. */
export interface LinkContext {
  /** What a relative address starts from. */
  readonly base?: string;
  readonly depth: number;
  readonly priority?: number;
  readonly kind?: VisitKind;
  readonly carried?: Readonly<Record<string, Json>>;
}

/** Makes links of what users and pages name. */
export class LinkMaker {
  readonly #canonical: ResolvedCrawlOptions["canonical"];

  constructor(canonical: ResolvedCrawlOptions["canonical"]) {
    this.#canonical = canonical;
  }

  /** What a page is recognised by. */
  keyOf(url: URL): string {
    return typeof this.#canonical === "function"
      ? this.#canonical(url)
      : canonicalUrl(url, options(this.#canonical));
  }

  /** The link to a target; undefined where it is no http(s) address. */
  link(target: string | URL | CrawlRequest, context: LinkContext): Link | undefined {
    const asked = typeof target === "string" || target instanceof URL ? { url: target } : target;
    const url = URL.parse(String(asked.url).trim(), context.base);
    if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
    const keepsFragment = typeof this.#canonical !== "function" && this.#canonical.keepFragment === true;
    if (!keepsFragment && url.hash !== "") url.hash = "";
    const request = requestOf(asked);
    const { depth, kind = "page", carried } = context;
    return {
      key: `${request === undefined ? "" : requestKey(request)}${this.keyOf(url)}`,
      url: url.href,
      host: url.origin,
      kind,
      depth,
      priority: ("priority" in asked ? asked.priority : undefined) ?? context.priority ?? 0,
      ...(request === undefined ? {} : { request }),
      ...(carried === undefined ? {} : { carried }),
    };
  }

  /** As `link`, for addresses that users write. Fails with MLR_ARGUMENT_INVALID. */
  start(target: string | URL | CrawlRequest): Link {
    const link = this.link(target, { depth: 0 });
    if (link !== undefined) return link;
    const shown = typeof target === "object" && "url" in target ? String(target.url) : String(target);
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `crawl(): "${shown.slice(0, 80)}" is not an http(s) address`,
      {
        hint: "Write whole addresses in `start`, such as https://example.org/list.",
      },
    );
  }
}

function options(
  given: Exclude<ResolvedCrawlOptions["canonical"], (url: URL) => string>,
): Parameters<typeof canonicalUrl>[1] {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Undefined for what its address alone asks for. */
function requestOf(asked: CrawlRequest | { readonly url: string | URL }): VisitRequest | undefined {
  if (!("form" in asked || "json" in asked || "method" in asked || "headers" in asked || "html" in asked))
    return undefined;
  const { method, form, json, headers, html } = asked;
  return {
    ...(method === undefined ? {} : { method }),
    ...(form === undefined ? {} : { form }),
    ...(json === undefined ? {} : { json }),
    ...(headers === undefined ? {} : { headers }),
    ...(html === undefined ? {} : { html }),
  };
}

function requestKey({ method, form, json }: VisitRequest): string {
  const sent = form ?? json;
  const verb = method ?? (sent === undefined ? "GET" : "POST");
  if (verb === "GET" && sent === undefined) return "";
  return `${verb} ${sent === undefined ? "" : `${JSON.stringify(sent)} `}`;
}
