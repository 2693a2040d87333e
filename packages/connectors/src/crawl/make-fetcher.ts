import { type Clock, MillraceError, type ReadContext, resolveSecrets } from "@millrace/core";
import { browserOptions } from "./browser/options.ts";
import { crawlFiles } from "./crawl-files.ts";
import type { Link } from "./frontier/visit.ts";
import type { ResolvedCrawlOptions } from "./options.ts";
import type { Admission } from "./visit/admission.ts";
import type { Fetcher } from "./visit/fetcher.ts";
import { httpFetcher } from "./visit/http-fetcher.ts";

/** What a crawl fetches its pages by: HTTP, and a browser where it is asked for. Fails as secrets do, or with MLR_ARGUMENT_INVALID. */
export async function makeFetcher(
  options: ResolvedCrawlOptions,
  parts: {
    readonly context: ReadContext;
    readonly clock: Clock;
    readonly admission: Admission;
    readonly starts: readonly Link[];
  },
): Promise<Fetcher> {
  const { context, clock, admission, starts } = parts;
  const { headers, login, proxy, tls, browser } = options;
  const secrets = await resolveSecrets({ headers, login, proxy, tls }, context);
  const http = await httpFetcher({ ...options, ...secrets }, { clock }, (url) => admission.sameSite(url));
  if (browser === undefined) return http;
  if (options.privateAddresses === "refuse" || options.proxies !== undefined) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      'crawl(): a browser makes its own connections, so that neither `proxies` nor `privateAddresses: "refuse"` would hold',
      { hint: "Leave them out, or crawl without `browser`; `proxy` is fine." },
    );
  }
  const { BrowserFetcher } = await import("./browser/browser-fetcher.ts");
  return new BrowserFetcher({
    options: browser === true ? browserOptions.parse({}) : browser,
    http,
    timeoutMs: options.timeoutMs,
    userAgent: options.userAgent,
    headers: http.headers,
    cookies: (url) => http.cookies(url),
    verifyTls: options.tls.verify,
    proxy: http.proxy,
    folder: crawlFiles(
      context,
      starts.map(({ key }) => key),
    ).samples,
  });
}
