import { type Clock, type Receipt, type Source } from "@millrace/core";
import { Extraction } from "./extract/extraction.ts";
import type { Frontier } from "./frontier/frontier.ts";
import type { ResolvedCrawlOptions } from "./options.ts";
import type { CrawlState } from "./read-crawl.ts";
import { Admission } from "./visit/admission.ts";
import { compileFollow } from "./visit/find-links.ts";
import { LinkMaker } from "./visit/to-link.ts";

/** Makes the source. Options are checked at once; what does the work is loaded when it is read. */
export function crawlSource(options: ResolvedCrawlOptions, clock: Clock): Source {
  const rules = Array.isArray(options.extract) ? options.extract : [options.extract];
  const extractions = rules.map((rule) => new Extraction(rule));
  const links = new LinkMaker(options.canonical);
  const starts = (Array.isArray(options.start) ? options.start : [options.start]).map((start) =>
    links.start(start),
  );
  const admission = new Admission(
    options,
    starts.map(({ url }) => new URL(url)),
  );
  compileFollow(options.follow, links);
  const file = new OpenFile();
  return {
    kind: "crawl",
    keyed: extractions.some(({ key }) => key !== undefined),
    async *read(context) {
      if (context.signal.aborted) return;
      const { readCrawl } = await import("./read-crawl.ts");
      const { makeFetcher } = await import("./make-fetcher.ts");
      const fetcher = await makeFetcher(options, { context, clock, admission, starts });
      yield* readCrawl({ options, extractions, starts, links, admission, context, clock, fetcher, file });
    },
    committed: (receipts) => file.committed(receipts),
  };
}

/** The file of the crawl that is read, or was read last: what has landed is taken out of it. */
class OpenFile {
  #open: Frontier | undefined;
  #reopen: ((path: string) => Frontier) | undefined;
  #left: { readonly path: string; readonly crawl: string; readonly ended: boolean } | undefined;

  /** @param reopen opens such a file again; given along, so that listing pipelines loads no database. */
  opened(frontier: Frontier, reopen: (path: string) => Frontier): void {
    this.#open = frontier;
    this.#reopen = reopen;
    this.#left = undefined;
  }

  /** @param ended the crawl is over, and all of it was sent. */
  closed(path: string, ended: boolean): void {
    this.#left = { path, crawl: this.#open?.crawl ?? "", ended };
    this.#open = undefined;
  }

  committed(receipts: readonly Receipt[]): void {
    for (const { state } of receipts) {
      const { crawl, position } = state as unknown as CrawlState;
      if (this.#open?.crawl === crawl) this.#open.trim(position);
      else if (this.#left?.crawl === crawl && this.#left.path !== ":memory:")
        this.#settle(this.#left, position);
    }
  }

  /** What the last commit of a run leaves to do, when the file is closed already. */
  #settle({ path, ended }: { readonly path: string; readonly ended: boolean }, position: number): void {
    const frontier = this.#reopen?.(path);
    if (frontier === undefined) return;
    try {
      frontier.trim(position);
      if (ended && position === frontier.position) frontier.abandon();
    } finally {
      frontier.close();
    }
  }
}
