import type { BookChange } from "../model/market-event.ts";
import { OrderBook } from "./order-book.ts";
import type { BookProgress, SequenceRule } from "./sequence-rule.ts";

/** Updates that wait for a snapshot; more means that it will not come. */
const MOST_HELD = 20_000;
/** Numbers by which what comes twice is known. */
const REMEMBERED = 64;

/** What became of a change. */
export type BookOutcome =
  /** The book is whole and has it. */
  | "applied"
  /** The book has it already. */
  | "skipped"
  /** Kept until the snapshot is there. */
  | "held"
  /** The book is not whole any more, or not yet: nothing but a snapshot helps, which is to be asked for once. */
  | "broken"
  /** It came while the book waits for its snapshot. */
  | "waiting";

/** Why a book is not whole. */
export type BookFault = "gap" | "checksum" | "crossed" | "overflow";

/** How often a book had to begin again, and why. */
export interface BookCounts {
  changes: number;
  skipped: number;
  snapshots: number;
  faults: Record<BookFault, number>;
}

/** Keeps the book of one instrument whole: applies what follows, and knows when something is missing. */
export class BookKeeper {
  readonly book = new OrderBook();
  readonly counts: BookCounts = {
    changes: 0,
    skipped: 0,
    snapshots: 0,
    faults: { gap: 0, checksum: 0, crossed: 0, overflow: 0 },
  };
  readonly #rule: SequenceRule;
  readonly #recent: (number | null)[] = [];
  #recentAt = 0;
  #held: BookChange[] = [];
  #replayed: BookChange[] = [];
  #live = false;
  #fault: BookFault | undefined;
  #sequence: number | null = null;
  #fresh = true;
  #changedAt: number | null = null;
  readonly #progress: BookProgress;

  constructor(rule: SequenceRule) {
    this.#rule = rule;
    const sequence = (): number | null => this.#sequence;
    const fresh = (): boolean => this.#fresh;
    this.#progress = {
      get sequence() {
        return sequence();
      },
      get fresh() {
        return fresh();
      },
      recent: (number) => this.#recent.includes(number),
    };
  }

  /** True while the book is whole. */
  get live(): boolean {
    return this.#live;
  }

  /** Why it is not whole; undefined before the first snapshot. */
  get fault(): BookFault | undefined {
    return this.#fault;
  }

  /** The updates that had waited for the last snapshot, and were applied behind it. */
  get replayed(): readonly BookChange[] {
    return this.#replayed;
  }

  /** Number of the last change that the book has. */
  get sequence(): number | null {
    return this.#sequence;
  }

  /** The exchange's time of the last change, microseconds since 1970. */
  get changedAt(): number | null {
    return this.#changedAt;
  }

  /** Takes a change as it comes. Fails with MLR_ROW_MALFORMED; the book is then not whole. */
  take(change: BookChange): BookOutcome {
    if (change.action === "snapshot") return this.#restart(change);
    if (!this.#live) return this.#hold(change);
    const verdict = this.#rule.judge(this.#progress, change);
    if (verdict === "apply") return this.#apply(change);
    if (verdict === "skip") {
      this.counts.skipped++;
      return "skipped";
    }
    return this.#break("gap");
  }

  /** Forgets the book, as when its connection was lost: the next snapshot begins it again. */
  lose(): void {
    this.#live = false;
    this.#fault = undefined;
    this.#held = [];
    this.#sequence = null;
    this.#recent.length = 0;
    this.#recentAt = 0;
  }

  #restart(snapshot: BookChange): BookOutcome {
    // Set first: what the snapshot cannot be made of leaves a book that is not whole.
    this.#live = false;
    this.book.reset(snapshot);
    this.counts.snapshots++;
    this.#sequence = snapshot.sequence;
    this.#changedAt = snapshot.exchange_time;
    this.#fresh = true;
    this.#remember(snapshot.sequence);
    const fault = this.#faultOf(snapshot);
    if (fault !== undefined) return this.#break(fault);
    this.#live = true;
    this.#fault = undefined;
    const held = this.#held;
    this.#held = [];
    this.#replayed = [];
    for (const update of held) {
      const outcome = this.take(update);
      if (outcome === "broken") return "broken";
      if (outcome === "applied") this.#replayed.push(update);
    }
    return "applied";
  }

  #hold(update: BookChange): BookOutcome {
    if (this.#rule.snapshots === "stream") return "waiting";
    if (this.#held.length >= MOST_HELD) return this.#break("overflow");
    this.#held.push(update);
    return "held";
  }

  #apply(update: BookChange): BookOutcome {
    this.#live = false;
    this.book.apply(update);
    this.#live = true;
    this.counts.changes++;
    this.#sequence = update.sequence;
    this.#changedAt = update.exchange_time;
    this.#fresh = false;
    this.#remember(update.sequence);
    const fault = this.#faultOf(update);
    return fault === undefined ? "applied" : this.#break(fault);
  }

  #faultOf({ checksum }: BookChange): BookFault | undefined {
    if (checksum !== undefined && checksum !== 0 && this.book.checksum() !== checksum) return "checksum";
    return this.book.crossed ? "crossed" : undefined;
  }

  #break(fault: BookFault): "broken" {
    this.counts.faults[fault]++;
    this.#live = false;
    this.#fault = fault;
    this.#held = [];
    return "broken";
  }

  #remember(sequence: number | null): void {
    this.#recent[this.#recentAt] = sequence;
    this.#recentAt = (this.#recentAt + 1) % REMEMBERED;
  }
}
