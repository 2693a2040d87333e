import { MillraceError, type Clock } from "@millrace/core";
import type { Login } from "./login.ts";
import type { VisitRequest } from "../frontier/visit.ts";

/** An answer with any status; redirects are answers as well. */
export interface Fetched {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Uint8Array;
  /** Where redirects led, by a fetcher that follows them itself. */
  readonly url?: string;
}

/** What is asked for. */
export interface FetchWish {
  readonly url: string;
  readonly request?: VisitRequest;
  readonly signal: AbortSignal;
  /** Most bytes of the body. Default: the crawl's. */
  readonly maxBytes?: number;
  /** It is a page of the site, not robots.txt, a sitemap or the like. Default false. */
  readonly page?: boolean;
  /** Longer bodies are cut instead of refused. Default false. */
  readonly cut?: boolean;
}

/** Asks for one page, once; redirects are answers, but for a fetcher that cannot help following them. Fails with a MillraceError where no answer came. */
export interface Fetcher {
  /** Logs in; absent: nobody has to. */
  readonly login?: Login | undefined;
  fetch(wish: FetchWish): Promise<Fetched>;
  close(): Promise<void>;
}

/** What the fetchers of a crawl are made with. */
export interface FetcherParts {
  readonly clock: Clock;
}

/** True for failures that may pass. */
export function mayPass(error: unknown): boolean {
  return error instanceof MillraceError && error.retry === "later";
}
