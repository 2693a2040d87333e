import type { BookChange } from "../model/market-event.ts";

/** What a rule knows of a book that is kept. */
export interface BookProgress {
  /** Number of the last change that the book has; null where the exchange counts none. */
  readonly sequence: number | null;
  /** True until the first update behind the snapshot was applied. */
  readonly fresh: boolean;
  /** True where `sequence` was that of one of the last changes. */
  recent(sequence: number): boolean;
}

/** What an update is to a book: the next change, one that it has already, or one behind something that is missing. */
export type Verdict = "apply" | "skip" | "gap";

/** How an exchange numbers the changes of a book. */
export interface SequenceRule {
  /** Where the snapshot comes from: with `rest`, updates wait for it. */
  readonly snapshots: "stream" | "rest";
  judge(progress: BookProgress, update: BookChange): Verdict;
}

/**
 * Each update names the one before (OKX). The numbers may fall: what counts is the link alone. An update whose number
 * was seen lately comes from a second connection.
 */
export const chainRule: SequenceRule = {
  snapshots: "stream",
  judge({ sequence, recent }, update) {
    if (update.previous === sequence) return "apply";
    return update.sequence !== null && recent(update.sequence) ? "skip" : "gap";
  },
};

/** Each update covers a range of numbers that follows the one before (Binance spot). */
export const rangeRule: SequenceRule = {
  snapshots: "rest",
  judge({ sequence, fresh }, { first, sequence: last }) {
    if (sequence === null || first === null || last === null) return "gap";
    // The first update may reach back before the snapshot; those behind it may not overlap, but need not be refused.
    if (fresh ? last <= sequence : last < sequence) return "skip";
    return first > sequence + 1 ? "gap" : "apply";
  },
};

/** The first update spans the snapshot, each further one names the last number of the one before (Binance USD-M). */
export const linkedRangeRule: SequenceRule = {
  snapshots: "rest",
  judge({ sequence, fresh, recent }, { first, sequence: last, previous }) {
    if (sequence === null || first === null || last === null) return "gap";
    if (fresh) {
      if (last < sequence) return "skip";
      return first <= sequence ? "apply" : "gap";
    }
    if (previous === sequence) return "apply";
    return recent(last) ? "skip" : "gap";
  },
};

/** Updates have no numbers: the connection's order is all there is (Coinbase level2). */
export const unnumberedRule: SequenceRule = {
  snapshots: "stream",
  judge: () => "apply",
};
