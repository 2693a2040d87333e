import type { Json, RejectedInput, Row } from "@millrace/core";

/** How a page is asked for, where that is more than its address. */
export interface VisitRequest {
  /** Default GET; POST with `form`, `json` or `body`. */
  readonly method?: string;
  /** Fields of a form to send. */
  readonly form?: Readonly<Record<string, string | number>>;
  /** JSON document to send. */
  readonly json?: Json;
  /** Headers besides those of the crawl. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the HTML is, for answers that are JSON: names with dots between them, such as `data.results.html`. */
  readonly html?: string;
}

/** What a page is to the crawl: one of the site's, or a list of addresses. */
export type VisitKind = "page" | "sitemap";

/** A page that is to be visited. */
export interface Link {
  /** Equal for links to the same page. */
  readonly key: string;
  readonly url: string;
  /** Scheme, host and port. */
  readonly host: string;
  readonly kind: VisitKind;
  /** Links from the start to here. */
  readonly depth: number;
  /** Higher ones come first. */
  readonly priority: number;
  readonly request?: VisitRequest;
  /** What the page that links here knows of it, such as the values on a card of a list. */
  readonly carried?: Readonly<Record<string, Json>>;
}

/** A page of the frontier. */
export interface Visit extends Link {
  readonly id: number;
  /** How often it was tried before. */
  readonly attempts: number;
  /** It was there in an earlier crawl. */
  readonly known: boolean;
}

/** Rows of one stream that a page gave. */
export interface PageRows {
  readonly stream: string;
  readonly rows: readonly Row[];
  readonly rejected?: readonly RejectedInput[];
}

/** What became of a visit. `waiting`: it is to be tried again. `aside`: it redirects to a page that counts by itself. */
export type VisitState = "waiting" | "done" | "failed" | "refused" | "gone" | "aside";

/** What a visit came to: goes into the frontier as one transaction. */
export interface Outcome {
  readonly visit: Visit;
  readonly state: VisitState;
  /** Status of the answer; absent: there was none. */
  readonly status?: number;
  /** The page that redirects led to. */
  readonly alias?: Pick<Link, "key" | "host">;
  readonly rows?: readonly PageRows[];
  readonly links?: readonly Link[];
  /** Why this crawl may remove nothing, because of this page. */
  readonly taint?: string;
}
