import type { Schedule } from "@millrace/core";
import type { ApiContext } from "../../server/api-context.ts";
import type { Operations } from "../../operations.ts";

/** Schedules whose next fire is kept. */
const KEPT = 10_000;
const known = new WeakMap<Operations, Map<string, string | undefined>>();

/**
 * The next fire of a schedule, ISO 8601; undefined where none will come. It is kept until it is over, since lists ask for
 * those of hundreds of pipelines.
 */
export function nextRun(
  { operations, clock }: Pick<ApiContext, "operations" | "clock">,
  schedule: Schedule,
): string | undefined {
  const kept = known.get(operations) ?? new Map<string, string | undefined>();
  known.set(operations, kept);
  const key = JSON.stringify(schedule);
  const next = kept.get(key);
  const now = clock.now();
  if (next !== undefined && Date.parse(next) > now) return next;
  if (next === undefined && kept.has(key)) return undefined;
  const [found] = operations.nextFires(schedule, { count: 1, after: new Date(now) });
  if (kept.size >= KEPT) kept.clear();
  kept.set(key, found);
  return found;
}
