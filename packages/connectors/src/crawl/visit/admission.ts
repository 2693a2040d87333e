import type { ResolvedCrawlOptions } from "../options.ts";
import { compileMatcher } from "./matcher.ts";

/** Longer addresses are made by machines for machines. */
const MAX_LENGTH = 2_000;
/** How often the same folder may follow in a path: `/a/b/a/b/a/b/a/b` is a loop of links. */
const MAX_REPEATS = 4;

/** Which addresses a crawl may visit. */
export class Admission {
  readonly #hosts: ReadonlySet<string> | "any";
  readonly #suffixes: readonly string[];
  readonly #when: ((url: URL) => boolean) | undefined;

  /** @param starts addresses that the crawl begins at. */
  constructor(options: ResolvedCrawlOptions, starts: readonly URL[]) {
    const { hosts } = options;
    const named = hosts === "any" ? [] : (hosts ?? starts.map(({ host }) => host));
    this.#hosts = hosts === "any" ? "any" : new Set(named.map((name) => name.toLowerCase()));
    this.#suffixes = named.filter((name) => name.startsWith("*.")).map((name) => name.slice(1).toLowerCase());
    this.#when = options.when === undefined ? undefined : compileMatcher(options.when);
  }

  /** Whether a page may be visited that something links to. */
  allows(url: URL): boolean {
    return this.sameSite(url) && isSane(url) && (this.#when?.(url) ?? true);
  }

  /** Whether the host is one of the crawl's. */
  sameSite({ host, hostname }: URL): boolean {
    if (this.#hosts === "any" || this.#hosts.has(host) || this.#hosts.has(hostname)) return true;
    return this.#suffixes.some((suffix) => hostname.endsWith(suffix) || hostname === suffix.slice(1));
  }
}

function isSane(url: URL): boolean {
  if (url.href.length > MAX_LENGTH) return false;
  const seen = new Map<string, number>();
  for (const folder of url.pathname.split("/")) {
    if (folder === "") continue;
    const count = (seen.get(folder) ?? 0) + 1;
    if (count > MAX_REPEATS) return false;
    seen.set(folder, count);
  }
  return true;
}
