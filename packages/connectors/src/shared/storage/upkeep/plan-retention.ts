import { heldBy, type Hold } from "../holds.ts";
import type { RetentionRule } from "../options.ts";
import type { StoredObject } from "../stored-object.ts";

/** An object that goes, and why. */
export interface Due {
  readonly object: StoredObject;
  readonly reason: "age" | "count" | "size";
}

/** What the rules say of a storage's objects. */
export interface RetentionPlan {
  readonly due: readonly Due[];
  /** Objects that would go, but are held. */
  readonly held: readonly StoredObject[];
}

/** Decides which objects go. @param objects oldest first */
export function planRetention(
  objects: readonly StoredObject[],
  {
    rules,
    holds,
    nowMs,
  }: { readonly rules: readonly RetentionRule[]; readonly holds: readonly Hold[]; readonly nowMs: number },
): RetentionPlan {
  const due = new Map<string, Due>();
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

function dueBy(
  { olderThan, keepNewest, maxBytes }: RetentionRule,
  oldestFirst: readonly StoredObject[],
  nowMs: number,
): Due[] {
  const due: Due[] = [];
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
