import type { FieldTally } from "../extract/extraction.ts";
import type { Frontier } from "../frontier/frontier.ts";

/** Fewer rows tell nothing. */
const ENOUGH = 20;
/** A field that was found in so much less of the rows than in the last crawl has changed on the site. */
const JUMP = 0.3;

/** Something about the extraction that somebody should look at. */
export interface HealthProblem {
  readonly stream: string;
  /** Absent: whole rows. */
  readonly field?: string;
  readonly message: string;
}

/** Counts how often fields are found, and compares with the last crawl that ended well. */
export class CrawlHealth {
  readonly #frontier: Frontier;
  readonly #tallies: Record<string, FieldTally>;

  /** Goes on with the counts of an interrupted crawl. */
  constructor(frontier: Frontier) {
    this.#frontier = frontier;
    this.#tallies = parse(frontier.note(`tallies ${frontier.crawl}`));
  }

  tally(stream: string): FieldTally {
    return (this.#tallies[stream] ??= { pages: 0, empty: 0, rows: 0, found: {} });
  }

  /** Remembers the counts, so that a crawl that goes on later has them. */
  save(): void {
    this.#frontier.setNote(`tallies ${this.#frontier.crawl}`, JSON.stringify(this.#tallies));
  }

  /** What has changed since the last crawl that ended well. */
  problems(): HealthProblem[] {
    const before = parse(this.#frontier.note("tallies"));
    return Object.entries(before).flatMap(([stream, last]) => compare(stream, last, this.tally(stream)));
  }

  /** The crawl ended; where it ended well, the next one is compared with it. */
  finish(well: boolean): void {
    if (well) this.#frontier.setNote("tallies", JSON.stringify(this.#tallies));
    this.#frontier.dropNote(`tallies ${this.#frontier.crawl}`);
  }
}

function compare(stream: string, last: FieldTally, now: FieldTally): HealthProblem[] {
  if (last.rows < ENOUGH) return [];
  if (now.rows === 0) {
    return [
      {
        stream,
        message: `stream "${stream}": no rows on ${now.pages} pages; the last crawl had ${last.rows}`,
      },
    ];
  }
  if (now.rows < ENOUGH) return [];
  return Object.entries(last.found).flatMap(([field, count]) => {
    const [before, after] = [count / last.rows, (now.found[field] ?? 0) / now.rows];
    if (before - after < JUMP) return [];
    const message = `stream "${stream}": "${field}" was found in ${percent(after)} of the rows; in the last crawl in ${percent(before)}`;
    return [{ stream, field, message }];
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function parse(text: string | undefined): Record<string, FieldTally> {
  return text === undefined ? {} : (JSON.parse(text) as Record<string, FieldTally>);
}
