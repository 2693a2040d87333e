import { type Clock, resolveSecrets, type Source } from "@millrace/core";
import { Extraction } from "./extract/extraction.ts";
import { Frontier } from "./frontier/frontier.ts";
import type { ResolvedCrawlOptions } from "./options.ts";
import type { CrawlState } from "./read-crawl.ts";
import { compileFollow } from "./visit/find-links.ts";
import { LinkMaker } from "./visit/to-link.ts";

/** Makes the source. Options are checked at once; what does the work is loaded when it is read. */
export function crawlSource(options: ResolvedCrawlOptions, clock: Clock): Source {
  const rules = Array.isArray(options.extract) ? options.extract : [options.extract];
  const extractions = rules.map((rule) => new Extraction(rule));
  compileFollow(options.follow, new LinkMaker(options.canonical));
  let frontier: Frontier | undefined;
  let left: { readonly file: string; readonly crawl: string; readonly ended: boolean } | undefined;
  return {
    kind: "crawl",
    keyed: extractions.some(({ key }) => key !== undefined),
    async *read(context) {
      if (context.signal.aborted) return;
      const { readCrawl } = await import("./read-crawl.ts");
      const { httpFetcher } = await import("./visit/http-fetcher.ts");
      const { Admission } = await import("./visit/admission.ts");
      const { headers, proxy, tls } = options;
      const secrets = await resolveSecrets({ headers, proxy, tls }, context);
      const links = new LinkMaker(options.canonical);
      const starts = Array.isArray(options.start) ? options.start : [options.start];
      const admission = new Admission(
        options,
        starts.map((start) => new URL(links.start(start).url)),
      );
      const fetcher = await httpFetcher({ ...options, ...secrets }, { clock }, (url) =>
        admission.sameSite(url),
      );
      yield* readCrawl({
        options,
        extractions,
        context,
        clock,
        fetcher,
        opened: (opened) => {
          frontier = opened;
          left = undefined;
        },
        closed: (file, ended) => {
          left = { file, crawl: frontier?.crawl ?? "", ended };
          frontier = undefined;
        },
      });
    },
    committed(receipts) {
      for (const { state } of receipts) {
        const { crawl, position } = state as unknown as CrawlState;
        if (frontier?.crawl === crawl) frontier.trim(position);
        else if (left?.crawl === crawl && left.file !== ":memory:") settle(left.file, position, left.ended);
      }
    },
  };
}

/** What the last commit of a run leaves to do, when the crawl's file is closed already. */
function settle(file: string, position: number, ended: boolean): void {
  const frontier = new Frontier(file);
  try {
    frontier.trim(position);
    if (ended && position === frontier.position) frontier.abandon();
  } finally {
    frontier.close();
  }
}
