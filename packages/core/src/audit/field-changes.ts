import type { Json } from "../json.ts";
import type { FieldChange } from "./row-change.ts";

/** Values of a row by column; undefined where there is no row. */
type Values = Readonly<Record<string, Json>> | undefined;

/** The fields in which two versions of a row differ; against no row at all, those that have a value. */
export function fieldChanges(before: Values, after: Values): Readonly<Record<string, FieldChange>> {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const changes: Record<string, FieldChange> = {};
  for (const name of names) {
    const change = { before: before?.[name] ?? null, after: after?.[name] ?? null };
    if (!sameJson(change.before, change.after)) changes[name] = change;
  }
  return changes;
}

/** The order of an object's members says nothing. */
function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((each, i) => sameJson(each, b[i] as Json))
    );
  }
  const [left, right] = [a as Readonly<Record<string, Json>>, b as Readonly<Record<string, Json>>];
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameJson(left[name] as Json, right[name] as Json))
  );
}
