import type { Json, Row } from "@millrace/core";
import type { CrawlRequest } from "./crawl-request.ts";

/** What `handle` is given besides the page. */
export interface HandleContext {
  /** Adds rows to a stream. They land together with the page's other rows, once. */
  emit(stream: string, ...rows: readonly Row[]): void;
  /**
   * Adds a page to visit, unless it was already: an address, also a relative one, or a request.
   * @param options.carry what this page knows of it.
   */
  follow(
    target: string | CrawlRequest,
    options?: { readonly priority?: number; readonly carry?: Readonly<Record<string, Json>> },
  ): void;
  /** Says something to whoever watches the run. */
  log(level: "debug" | "info" | "warn", message: string): void;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
}
