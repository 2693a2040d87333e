import { type Clock, type Json, type Message, type ReadContext, type Row } from "@millrace/core";
import { toMs } from "../shared/http/duration.ts";
import { crawlFiles } from "./crawl-files.ts";
import type { Extraction } from "./extract/extraction.ts";
import { Frontier, type OutboxEntry } from "./frontier/frontier.ts";
import type { Link } from "./frontier/visit.ts";
import { CrawlHealth } from "./health/crawl-health.ts";
import { Samples } from "./health/samples.ts";
import type { ResolvedCrawlOptions } from "./options.ts";
import { Crawler, nothingRead } from "./schedule/crawler.ts";
import type { Admission } from "./visit/admission.ts";
import type { Fetcher } from "./visit/fetcher.ts";
import { compileFollow } from "./visit/find-links.ts";
import { RobotsKeeper } from "./visit/robots-keeper.ts";
import type { LinkMaker } from "./visit/to-link.ts";
import { Visitor } from "./visit/visitor.ts";

const SLICE = "crawl";
/** Pages whose rows go out together. */
const GROUP = 200;
/** How long fewer are waited for. */
const GATHER_MS = 50;
const STATUS_MS = 1_000;
/** A crawl whose end does not land, because it would remove too much for instance, is not sent again for longer. */
const END_AGAIN_MS = 300_000;
/** Pages after which counts are kept for a crawl that may be interrupted. */
const SAVE_EVERY = 500;

/** What a crawl is read with. */
export interface CrawlReading {
  readonly options: ResolvedCrawlOptions;
  readonly extractions: readonly Extraction[];
  readonly context: ReadContext;
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly starts: readonly Link[];
  readonly links: LinkMaker;
  readonly admission: Admission;
  /** Is told which file is open, and when it is closed. `ended`: the crawl is over, all of it was sent. */
  readonly file: {
    opened(frontier: Frontier, reopen: (path: string) => Frontier): void;
    closed(path: string, ended: boolean): void;
  };
}

/** State of a crawl in the destination. */
export interface CrawlState {
  readonly crawl: string;
  /** The outbox has landed up to here. */
  readonly position: number;
}

/** Crawls, and gives what pages gave as messages: the outbox in its order, with a checkpoint behind each group. */
export async function* readCrawl(reading: CrawlReading): AsyncGenerator<Message, void, void> {
  const files = crawlFiles(
    reading.context,
    reading.starts.map(({ key }) => key),
  );
  const frontier = new Frontier(files.frontier);
  reading.file.opened(frontier, (path) => new Frontier(path));
  let ended = false;
  try {
    yield* new Reading(reading, frontier, new Samples(files.samples)).messages();
    ended = !reading.context.signal.aborted;
  } finally {
    frontier.close();
    reading.file.closed(files.frontier, ended);
  }
}

class Reading {
  readonly #r: CrawlReading;
  readonly #frontier: Frontier;
  readonly #samples: Samples;
  readonly #begun = new Set<string>();
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  #position = 0;
  #changed = Promise.withResolvers<void>();
  #over = false;
  #ended = false;

  constructor(reading: CrawlReading, frontier: Frontier, samples: Samples) {
    this.#r = reading;
    this.#frontier = frontier;
    this.#samples = samples;
    this.#signal = AbortSignal.any([reading.context.signal, this.#end.signal]);
  }

  async *messages(): AsyncGenerator<Message, void, void> {
    const { context } = this.#r;
    const resumed = this.#open();
    yield* this.#declarations();
    yield* this.#begin(resumed);
    const health = new CrawlHealth(this.#frontier);
    const crawler = this.#crawler(health);
    const work = crawler.run().finally(() => {
      this.#over = true;
      this.#wake();
    });
    // It is awaited below; until then a failure is none that nobody takes.
    work.catch(() => undefined);
    try {
      yield* this.#outbox(crawler, health);
      if (context.signal.aborted) return;
      await work;
      yield* this.#complete(crawler, health);
    } finally {
      this.#end.abort();
      await work.catch(() => undefined);
      if (!this.#ended) this.#save(crawler, health);
      await this.#r.fetcher.close();
    }
  }

  /** Goes on with the crawl that the destination knows of, or begins one. True: goes on. */
  #open(): boolean {
    const { context, options, clock } = this.#r;
    const frontier = this.#frontier;
    const state = context.full ? undefined : (context.checkpoints.get(SLICE) as CrawlState | undefined);
    if (!context.full && this.#mayResume(state)) {
      this.#position = state?.crawl === frontier.crawl ? state.position : 0;
      frontier.trim(this.#position);
      return true;
    }
    frontier.begin(clock.now());
    frontier.setNote("code", context.codeVersion ?? "");
    frontier.setNote("done", "0");
    frontier.add(this.#r.starts);
    frontier.add(this.#sitemapsOf(options));
    return false;
  }

  #mayResume(state: CrawlState | undefined): boolean {
    const { context, options, clock } = this.#r;
    const frontier = this.#frontier;
    if (frontier.crawl === "" || clock.now() - frontier.startedAt > toMs(options.resumeWithin)) return false;
    // Other code may read other things from the same pages.
    if ((frontier.note("code") ?? "") !== (context.codeVersion ?? "")) return false;
    if (clock.now() - (frontier.endedAt ?? clock.now()) > END_AGAIN_MS) return false;
    // Nothing of it has ever landed: all of it is still in the outbox.
    if (state?.crawl !== frontier.crawl) return frontier.trimmed === 0;
    // Its reading is closed: it has landed to its end.
    if (context.openEpochs.length === 0) return false;
    return state.position >= frontier.trimmed && state.position <= frontier.position;
  }

  #sitemapsOf({ sitemaps }: ResolvedCrawlOptions): Link[] {
    if (!Array.isArray(sitemaps)) return [];
    return sitemaps.flatMap(
      (address) => this.#r.links.link(address, { depth: 0, kind: "sitemap", priority: 1 }) ?? [],
    );
  }

  *#declarations(): Generator<Message> {
    const streams = new Map<string, Extraction[]>();
    for (const extraction of this.#r.extractions) {
      streams.set(extraction.stream, [...(streams.get(extraction.stream) ?? []), extraction]);
    }
    for (const [name, extractions] of streams) {
      const key = extractions.find((each) => each.key !== undefined)?.key;
      const columns = new Map(
        extractions.flatMap((each) => each.columns).map((column) => [column.name, column]),
      );
      yield {
        type: "schema",
        stream: {
          name,
          ...(key === undefined ? {} : { key }),
          ...(columns.size === 0 ? {} : { columns: [...columns.values()] }),
        },
      };
    }
  }

  *#begin(resumed: boolean): Generator<Message> {
    const open = new Set(this.#r.context.openEpochs.map(({ stream }) => stream));
    const known = JSON.parse(this.#frontier.note("streams") ?? "[]") as string[];
    const streams = new Set([...this.#r.extractions.map(({ stream }) => stream), ...known]);
    for (const stream of open) if (resumed && this.#position > 0) this.#begun.add(stream);
    for (const stream of streams) if (!this.#begun.has(stream)) yield this.#beginOf(stream);
  }

  #beginOf(stream: string): Message {
    this.#begun.add(stream);
    return { type: "begin", stream };
  }

  #crawler(health: CrawlHealth): Crawler {
    const { options, extractions, context, clock, fetcher, admission } = this.#r;
    const signal = this.#signal;
    const robots = new RobotsKeeper(options, {
      fetcher,
      clock,
      read: (origin, rules) => {
        const delay = Math.min(rules.crawlDelayMs ?? 0, toMs(options.maxCrawlDelay));
        if (delay > 0) crawler.slow(origin, delay);
        if (options.sitemaps === true) this.#addSitemaps(origin, rules.sitemaps, admission);
      },
    });
    const visitor = new Visitor({
      options,
      extractions,
      findLinks: compileFollow(options.follow, this.#r.links),
      admission,
      links: this.#r.links,
      fetcher,
      robots,
      health,
      samples: this.#samples,
      context,
      signal,
      clock,
    });
    const crawler = new Crawler({
      frontier: this.#frontier,
      visitor,
      concurrency: options.concurrency,
      delayMs: toMs(options.delay),
      maxPages: options.maxPages,
      maxBarren: options.maxBarren,
      // Counting the pages of a large crawl would take longer than going on with it.
      doneBefore: Number(this.#frontier.note("done") ?? 0),
      context,
      signal,
      clock,
      changed: () => this.#wake(),
    });
    crawler.emitted(this.#position);
    return crawler;
  }

  #addSitemaps(origin: string, named: readonly string[], admission: Admission): void {
    const addresses = named.length > 0 ? named : [`${origin}/sitemap.xml`];
    const links = addresses.flatMap(
      (address) =>
        this.#r.links.link(address, { base: origin, depth: 0, kind: "sitemap", priority: 1 }) ?? [],
    );
    this.#frontier.add(links.filter(({ url }) => admission.sameSite(new URL(url))));
  }

  /** All that pages give, until there are no more. */
  async *#outbox(crawler: Crawler, health: CrawlHealth): AsyncGenerator<Message, void, void> {
    const { context, clock } = this.#r;
    let toldAt = 0;
    let savedAt = 0;
    for (;;) {
      const over = this.#over;
      const entries = this.#frontier.outbox(this.#position, GROUP);
      if (entries.length > 0) yield* this.#group(entries);
      crawler.emitted(this.#position);
      if (context.signal.aborted) return;
      if (clock.monotonic() - toldAt >= STATUS_MS) {
        toldAt = clock.monotonic();
        context.status?.("crawl", crawler.status);
      }
      if (crawler.status.pages - savedAt >= SAVE_EVERY) {
        savedAt = crawler.status.pages;
        this.#save(crawler, health);
      }
      if (entries.length === GROUP) continue;
      if (over) return;
      await this.#nextChange();
      if (!this.#over) await clock.sleep(GATHER_MS, this.#signal);
    }
  }

  *#group(entries: readonly OutboxEntry[]): Generator<Message> {
    let pending: { readonly stream: string; readonly rows: Row[] } | undefined;
    for (const { url, rows: parts } of entries) {
      for (const { stream, rows, rejected = [] } of parts) {
        if (pending !== undefined && (pending.stream !== stream || rejected.length > 0)) {
          yield rowsMessage(pending);
          pending = undefined;
        }
        if (!this.#begun.has(stream)) yield this.#beginOf(stream);
        if (rejected.length > 0) {
          yield { ...rowsMessage({ stream, rows }), position: { file: url }, rejected };
        } else if (rows.length > 0) {
          pending ??= { stream, rows: [] };
          pending.rows.push(...rows);
        }
      }
    }
    if (pending !== undefined) yield rowsMessage(pending);
    this.#position = entries.at(-1)?.position ?? this.#position;
    yield this.#checkpoint();
  }

  *#complete(crawler: Crawler, health: CrawlHealth): Generator<Message> {
    const { context } = this.#r;
    const frontier = this.#frontier;
    const counts = frontier.counts();
    if (counts.done + counts.gone === 0) {
      frontier.abandon();
      throw nothingRead(crawler.firstFailure, counts.refused > 0 && counts.failed === 0);
    }
    const problems = health.problems();
    for (const { message } of problems) {
      context.log("warn", `${message}: has the site changed?`, { quality: "extraction" });
    }
    frontier.end(this.#r.clock.now());
    const taints = [
      ...frontier.taints.map(({ reason, pages, example }) =>
        pages === 1
          ? `${reason}${example === "" ? "" : `: ${example}`}`
          : `${reason}: ${pages}, such as ${example}`,
      ),
      ...problems.map(({ message }) => message),
    ];
    frontier.setNote("streams", JSON.stringify([...this.#begun]));
    yield this.#checkpoint();
    for (const stream of this.#begun) {
      yield { type: "complete", stream, ...(taints.length === 0 ? {} : { taints }) };
    }
    health.finish(problems.length === 0);
    this.#ended = true;
    context.status?.("crawl", crawler.status);
    context.log("info", summaryOf(counts), { pages: { ...counts } });
  }

  #save(crawler: Crawler, health: CrawlHealth): void {
    health.save();
    this.#frontier.setNote("done", String(crawler.status.pages));
  }

  #checkpoint(): Message {
    const state: Record<string, Json> = { crawl: this.#frontier.crawl, position: this.#position };
    return { type: "checkpoint", slice: SLICE, state };
  }

  #wake(): void {
    this.#changed.resolve();
  }

  async #nextChange(): Promise<void> {
    if (this.#over || this.#signal.aborted) return;
    const { signal } = this.#r.context;
    const wake = (): void => this.#wake();
    signal.addEventListener("abort", wake, { once: true });
    if (this.#frontier.position === this.#position) await this.#changed.promise;
    signal.removeEventListener("abort", wake);
    this.#changed = Promise.withResolvers<void>();
    if (this.#over) this.#changed.resolve();
  }
}

function rowsMessage({
  stream,
  rows,
}: {
  readonly stream: string;
  readonly rows: readonly Row[];
}): Extract<Message, { type: "rows" }> {
  return { type: "rows", stream, slice: SLICE, rows };
}

function summaryOf(counts: Readonly<Record<string, number>>): string {
  const words = {
    gone: "gone",
    failed: "failed",
    refused: "refused by robots.txt",
    aside: "redirected or no text",
  };
  const more = Object.entries(words).flatMap(([state, word]) =>
    (counts[state] ?? 0) === 0 ? [] : [`${String(counts[state])} ${word}`],
  );
  return [`crawled ${String(counts["done"])} pages`, ...more].join(", ");
}
