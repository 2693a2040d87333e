import type { FeedGap } from "./feed.ts";

/** The gap that is left where the oldest rows were dropped, as the journal's policy says. */
export function droppedRows(rows: number): FeedGap {
  return {
    channel: "*",
    from: null,
    to: null,
    reason: `${rows} rows were dropped: the journal was full, and its policy is drop-oldest`,
    outcome: "marked",
  };
}
