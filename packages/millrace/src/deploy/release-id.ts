import { randomBytes } from "node:crypto";
import { MillraceError } from "@millrace/core";

/**
 * The name of a new release: its time in UTC, so that names sort by age, and four letters. Fails with MLR_DEPLOY_FAILED where
 * there are newer ones already: then a clock is wrong.
 */
export function releaseId(now: number, releases: readonly string[]): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:.]/g, "");
  const newest = releases.toSorted().at(-1);
  if (newest !== undefined && newest.slice(0, stamp.length) >= stamp) {
    throw new MillraceError("MLR_DEPLOY_FAILED", `The release ${newest} there is newer than now, ${stamp}`, {
      hint: "Set the clock of this machine, or deploy with --clean.",
      details: { newest },
    });
  }
  return `${stamp}-${randomBytes(2).toString("hex")}`;
}

/** The release to go back to from `current`: the newest of those that are older. */
export function releaseBefore(current: string | undefined, releases: readonly string[]): string | undefined {
  return current === undefined
    ? undefined
    : releases
        .filter((each) => each < current)
        .toSorted()
        .at(-1);
}
