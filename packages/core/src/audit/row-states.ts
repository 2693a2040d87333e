import type { RowVersion } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import { fieldChanges } from "./field-changes.ts";
import type { FieldChange } from "./row-change.ts";

/** What a row was at some time: a version with its number, counted from 1 for the oldest, or that there was none. */
export type RowState =
  | { readonly number: number; readonly version: RowVersion }
  | { readonly number: null; readonly version: null };

/** Two states of one row and the fields in which they differ. */
export interface VersionDiff {
  readonly before: RowState;
  readonly after: RowState;
  readonly fields: Readonly<Record<string, FieldChange>>;
}

const ABSENT: RowState = { number: null, version: null };

/**
 * Compares two versions of a row. `versions` is what `Inspector.history` gives: newest first. A version is named by its
 * number (1 is the oldest), by `current` (the newest, or that there is no row any more), `previous` (the one before that),
 * or by a time (ISO 8601): what the row was then. Default: `previous` with `current`; one name: that with `current`.
 * Fails with MLR_ARGUMENT_INVALID for a name that there is no version of.
 */
export function diffVersions(
  versions: readonly RowVersion[],
  before = "previous",
  after = "current",
): VersionDiff {
  const states = statesOf(versions);
  const [from, to] = [stateNamed(states, before), stateNamed(states, after)];
  return { before: from, after: to, fields: fieldChanges(from.version?.values, to.version?.values) };
}

/** What a row was, oldest first: that there was none, its versions, and that there is none where it was removed. */
function statesOf(versions: readonly RowVersion[]): readonly RowState[] {
  const oldest = versions.toReversed().map((version, index): RowState => ({ number: index + 1, version }));
  const removed = versions[0]?.operation === "remove";
  return [ABSENT, ...oldest, ...(removed ? [ABSENT] : [])];
}

function stateNamed(states: readonly RowState[], name: string): RowState {
  if (name === "current") return states.at(-1) ?? ABSENT;
  if (name === "previous") return states.at(-2) ?? ABSENT;
  if (/^\d{1,9}$/.test(name)) {
    const found = states.find(({ number }) => number === Number(name));
    if (found !== undefined) return found;
    const count = states.filter(({ number }) => number !== null).length;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `the row has no version ${name}`, {
      hint: `It has versions 1 (the oldest) to ${count}; see millrace history.`,
    });
  }
  const time = timeOf(name);
  if (time !== undefined) return stateAt(states, time);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" names no version of a row`, {
    hint: "A version is a number from 1 (the oldest), current, previous, or a time such as 2026-11-22T10:00:00Z.",
  });
}

/** A version holds from its beginning until the next one begins or it is removed. */
function stateAt(states: readonly RowState[], time: number): RowState {
  const found = states.findLast(({ version }) => {
    if (version === null) return false;
    const begins = version.from === null ? -Infinity : Date.parse(version.from);
    const ends = version.to === null ? Infinity : Date.parse(version.to);
    return begins <= time && time < ends;
  });
  return found ?? ABSENT;
}

function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
