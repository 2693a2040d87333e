import { heldBy, type Hold } from "../holds.ts";
import type { RetentionRule } from "../options.ts";

/** What of an object decides whether it goes. */
export interface RetainedObject {
  readonly id: string;
  readonly key: string;
  readonly kind: string;
  readonly bytes: number;
  /** ISO 8601. */
  readonly at: string;
}

/** An object that goes, and why. */
export interface Due<T extends RetainedObject = RetainedObject> {
  readonly object: T;
  readonly reason: "age" | "count" | "size";
}

/** What the rules say of a storage's objects. */
export interface RetentionPlan<T extends RetainedObject = RetainedObject> {
  readonly due: readonly Due<T>[];
  /** Objects that would go, but are held. */
  readonly held: readonly T[];
}

/** Decides which objects go. @param objects oldest first */
export function planRetention<T extends RetainedObject>(
  objects: readonly T[],
  {
    rules,
    holds,
    nowMs,
  }: { readonly rules: readonly RetentionRule[]; readonly holds: readonly Hold[]; readonly nowMs: number },
): RetentionPlan<T> {
  const due = new Map<string, Due<T>>();
  for (const rule of rules) {
    const ruled = objects.filter(
      ({ kind }) => rule.kind === kind || (rule.kind === undefined && !named(rules, kind)),
    );
    for (const each of dueBy(rule, ruled, nowMs)) if (!due.has(each.object.id)) due.set(each.object.id, each);
  }
  const all = objects.flatMap(({ id }) => due.get(id) ?? []);
  return {
    due: all.filter(({ object }) => heldBy(object, holds) === undefined),
    held: all.flatMap(({ object }) => (heldBy(object, holds) === undefined ? [] : [object])),
  };
}

function named(rules: readonly RetentionRule[], kind: string): boolean {
  return rules.some((rule) => rule.kind === kind);
}

function dueBy<T extends RetainedObject>(
  { olderThan, keepNewest, maxBytes }: RetentionRule,
  oldestFirst: readonly T[],
  nowMs: number,
): Due<T>[] {
  const due: Due<T>[] = [];
  let bytes = 0;
  // From the newest on, so that what is too many or too much is the oldest.
  for (const [place, object] of oldestFirst.toReversed().entries()) {
    bytes += object.bytes;
    if (olderThan !== undefined && nowMs - Date.parse(object.at) > olderThan)
      due.push({ object, reason: "age" });
    else if (keepNewest !== undefined && place >= keepNewest) due.push({ object, reason: "count" });
    else if (maxBytes !== undefined && bytes > maxBytes) due.push({ object, reason: "size" });
  }
  return due;
}
