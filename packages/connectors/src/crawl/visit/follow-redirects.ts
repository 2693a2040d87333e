import type { VisitRequest, Visit } from "../frontier/visit.ts";
import type { Fetched } from "./fetcher.ts";
import type { HostRules } from "./robots-keeper.ts";
import type { LinkMaker } from "./to-link.ts";

/** What following needs. */
export interface RedirectParts {
  readonly fetch: (wish: { readonly url: string; readonly request?: VisitRequest }) => Promise<Fetched>;
  /** Of the first host. */
  readonly rules: HostRules;
  readonly rulesOf: (host: string) => Promise<HostRules>;
  readonly sameSite: (url: URL) => boolean;
  readonly links: LinkMaker;
  readonly maxRedirects: number;
}

/** Where a page's redirects ended. */
export type RedirectEnd =
  | { readonly url: string; readonly fetched: Fetched; readonly rules: HostRules }
  | { readonly failure: string }
  | { readonly refusedBy: HostRules }
  /** At a host that the crawl does not visit; the status that led there. */
  | { readonly elsewhere: number };

/** Fetches a page, and what it redirects to, as far as the crawl may go there. */
export async function followRedirects(visit: Visit, parts: RedirectParts): Promise<RedirectEnd> {
  const seen = new Set<string>();
  let { url, request } = visit;
  let { rules } = parts;
  for (;;) {
    seen.add(url);
    const fetched = await parts.fetch({ url, ...(request === undefined ? {} : { request }) });
    const target = targetOf(fetched, url);
    if (target === undefined) return arrived(url, fetched, { ...parts, rules });
    const link = target === null ? undefined : parts.links.link(target, { depth: visit.depth });
    if (link === undefined) return { failure: `${url} redirects to what is no page` };
    if (!parts.sameSite(new URL(link.url))) return { elsewhere: fetched.status };
    if (seen.has(link.url)) return { failure: `${visit.url} redirects in a circle` };
    if (seen.size > parts.maxRedirects)
      return { failure: `${visit.url} redirects more than ${parts.maxRedirects} times` };
    rules = await parts.rulesOf(link.host);
    if (!rules.allows(link.url)) return { refusedBy: rules };
    ({ url } = link);
    // Only these say to send the same again; the others ask for a page by its address alone.
    if (fetched.status !== 307 && fetched.status !== 308) request = undefined;
  }
}

/** The end of the way; where the fetcher followed redirects itself, what may not be read is looked at now. */
async function arrived(asked: string, fetched: Fetched, parts: RedirectParts): Promise<RedirectEnd> {
  const { rules } = parts;
  if (fetched.url === undefined || fetched.url === asked) return { url: asked, fetched, rules };
  const link = parts.links.link(fetched.url, { depth: 0 });
  if (link === undefined) return { failure: `${asked} leads to what is no page` };
  if (!parts.sameSite(new URL(link.url))) return { elsewhere: fetched.status };
  const own = await parts.rulesOf(link.host);
  return own.allows(link.url) ? { url: link.url, fetched, rules: own } : { refusedBy: own };
}

/** Undefined: it is no redirect; null: it leads nowhere. */
function targetOf({ status, headers }: Fetched, url: string): URL | null | undefined {
  const { location } = headers;
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  return URL.parse(location, url);
}
