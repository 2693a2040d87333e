import { MillraceError } from "@millrace/core";
import type { CompletedEpoch, CommitContext } from "./commit-context.ts";
import type { DiffCounts } from "./diff-table.ts";

/** Live rows from which on the share of removals is looked at. */
const SHARE_FROM_ROWS = 100;
const DEFAULT_SHARE = 0.5;

/** Fails with MLR_REMOVAL_SHARE where an epoch would remove more than is allowed. `sawAny` tells whether it saw any row. */
export function checkShares(
  { layout }: CommitContext,
  removing: readonly CompletedEpoch[],
  counts: DiffCounts,
  sawAny: (epoch: CompletedEpoch) => boolean,
): void {
  const { name, maxRemovedShare: limit = DEFAULT_SHARE } = layout.definition;
  for (const [index, epoch] of removing.entries()) {
    const [unseen = 0, before = 0] = [counts.removedBy[index], counts.before[index]];
    const declaredEmpty = epoch.record.where !== undefined && !sawAny(epoch);
    if (declaredEmpty || before < SHARE_FROM_ROWS || unseen <= before * limit) continue;
    const { scope } = epoch.record;
    throw new MillraceError(
      "MLR_REMOVAL_SHARE",
      `the reading would remove ${unseen} of ${before} live rows of table "${name}"${scope === undefined ? "" : ` in scope ${JSON.stringify(scope)}`}, more than the share of ${limit} that is allowed`,
      {
        hint: "Nothing was removed. If the source really holds no more, raise maxRemovedShare for this run.",
        details: { table: name, live: before, removed: unseen, maxRemovedShare: limit },
      },
    );
  }
}
