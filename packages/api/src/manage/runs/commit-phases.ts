import { totalCounts } from "../shared/total-counts.ts";
import { type PhaseItem, phaseOf, type RunTimes } from "./phase.ts";

/** An event of a commit. */
export interface CommitEvent {
  readonly at: Date;
  readonly data: {
    readonly commit?: string;
    readonly counts?: Parameters<typeof totalCounts>[0];
  };
}

/** Commits as bars: each from the one before it, or from where its attempt began, until it had landed. */
export function commitPhases(
  run: RunTimes,
  attempts: readonly PhaseItem[],
  commits: readonly CommitEvent[],
): PhaseItem[] {
  return commits.map(({ at, data }, place) => {
    const begun = attempts.findLast(
      ({ kind, startedAt }) => kind === "attempt" && Date.parse(startedAt) <= at.getTime(),
    );
    const before = commits[place - 1]?.at;
    const start = begun === undefined ? (run.started_at ?? at) : new Date(begun.startedAt);
    const from = before !== undefined && before > start ? before : start;
    return {
      ...phaseOf("commit", `Commit ${data.commit ?? ""}`.trim(), {
        from: from > at ? at : from,
        to: at,
        now: run.now,
      }),
      attempt: begun?.attempt ?? null,
      outcome: "succeeded",
      rows: totalCounts(data.counts ?? {}),
    };
  });
}
