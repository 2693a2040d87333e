import type { SnapshotOutcome } from "../destination.ts";
import type { SnapshotDefinition, SnapshotPeriod, SnapshotRetention } from "../schema/table.ts";
import { coarserScope, previousScope } from "./snapshot-scope.ts";

/** Most boundaries that are listed as missed. */
const MAX_MISSED = 1_000;

/** What taking a snapshot means for the table's other ones. */
export interface SnapshotPlan {
  /** Boundaries before this one at which no snapshot was taken, oldest first; the newest 1,000 of them. Empty where this scope has a snapshot already. */
  readonly missed: readonly string[];
  /** Scopes whose rows are to be deleted, oldest first; empty where the table has no retention. */
  readonly expired: readonly string[];
}

/**
 * Says what else a destination has to do when the reading of a snapshot table completes.
 * @param taken the scope of that reading (`EpochCut.snapshot`)
 * @param existing the scopes (see `snapshotScope`) that the table held before, in any order; also the last one taken where that is known, since a reading without rows leaves none
 */
export function planSnapshot(
  snapshot: SnapshotDefinition,
  taken: string,
  existing: Iterable<string>,
): SnapshotPlan {
  const before = [...new Set(existing)].toSorted();
  const { retention } = snapshot;
  return {
    missed: before.includes(taken) ? [] : missedBefore(snapshot, taken, before),
    expired: retention === undefined ? [] : expiredScopes({ ...snapshot, retention }, taken, before),
  };
}

/** What two readings of one table in one commit came to: scopes of the stream, or boundaries that passed in between. */
export function mergedSnapshot(before: SnapshotOutcome | undefined, after: SnapshotOutcome): SnapshotOutcome {
  if (before === undefined) return after;
  const join = (a: readonly string[], b: readonly string[]): string[] =>
    [...new Set([...a, ...b])].toSorted();
  return {
    scope: after.scope,
    missed: join(before.missed, after.missed),
    expired: join(before.expired, after.expired),
  };
}

function missedBefore(snapshot: SnapshotDefinition, taken: string, before: readonly string[]): string[] {
  const last = before.findLast((scope) => scope < taken);
  const missed: string[] = [];
  if (last === undefined) return missed;
  for (let scope = previousScope(snapshot, taken); scope > last && missed.length < MAX_MISSED;) {
    missed.push(scope);
    scope = previousScope(snapshot, scope);
  }
  return missed.toReversed();
}

const UNITS: readonly (readonly [keyof SnapshotRetention, SnapshotPeriod])[] = [
  ["hours", "hour"],
  ["days", "day"],
  ["weeks", "week"],
  ["months", "month"],
  ["years", "year"],
];

function expiredScopes(
  snapshot: SnapshotDefinition & { readonly retention: SnapshotRetention },
  taken: string,
  before: readonly string[],
): string[] {
  const newestFirst = [...new Set([...before, taken])].toSorted().toReversed();
  const kept = new Set<string>([taken]);
  for (const [option, unit] of UNITS) {
    const count = snapshot.retention[option];
    if (count === undefined) continue;
    const units = new Set<string>();
    for (const scope of newestFirst) {
      const holder = coarserScope(snapshot, scope, unit);
      if (units.has(holder)) continue;
      if (units.size === count) break;
      units.add(holder);
      kept.add(scope);
    }
  }
  return before.filter((scope) => !kept.has(scope));
}
