import type { Counts } from "@millrace/core";
import type { EventError, PlatformEvent } from "../../events/platform-event.ts";
import { clip } from "./clip.ts";

type Fact = { readonly name: string; readonly value: string };

/** Longest value of a fact, and most facts. */
const VALUE = 300;

/** Those of the facts that are known. */
export function factsOf(facts: Readonly<Record<string, string | number | undefined>>): Fact[] {
  return Object.entries(facts).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [{ name, value: clip(String(value), VALUE) }],
  );
}

/** Group, run and worker, last in every message. */
export function placeOf({ group, run, worker }: PlatformEvent): Readonly<Record<string, string | undefined>> {
  return { group, run, worker };
}

const SHOWN = ["read", "inserted", "updated", "removed", "rejected"] as const;

/** `1,200 read, 3 inserted, 1 rejected`: the sums of all tables without zeros. */
export function countsText(
  counts: Readonly<Record<string, Partial<Counts>>> | undefined,
): string | undefined {
  const tables = Object.values(counts ?? {});
  if (tables.length === 0) return undefined;
  const sums = SHOWN.map(
    (name) => [name, tables.reduce((sum, table) => sum + (table[name] ?? 0), 0)] as const,
  );
  const parts = sums.filter(([name, sum]) => sum > 0 || name === "read");
  return parts.map(([name, sum]) => `${sum.toLocaleString("en-US")} ${name}`).join(", ");
}

/** Message and hint of an error, for an item. */
export function why(error: EventError | undefined, otherwise?: string): { text?: string; hint?: string } {
  const text = error?.message ?? otherwise;
  return {
    ...(text === undefined || text === "" ? {} : { text: clip(text, 3_000) }),
    ...(error?.hint === undefined ? {} : { hint: clip(error.hint, 1_000) }),
  };
}
