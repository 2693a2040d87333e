import type { ObjectStore } from "../../shared/storage/object-store.ts";
import { dayOf } from "../../shared/storage/stored-object.ts";

const DAY_MS = 86_400_000;
/** Days that are looked at again: clocks differ, and what is put now may become visible a little later. */
const OPEN_DAYS = 2;

/** What was read: the state of a checkpoint. */
export interface SeenObjects {
  /** All objects of earlier days were read. */
  readonly from: string;
  /** Ids of the objects that were read of that day and later ones, and of those that became visible late. */
  readonly seen: readonly string[];
}

/** Objects that were not read yet. */
export interface NewObjects {
  /** Oldest first. */
  readonly ids: readonly string[];
  /** The state once the ids up to this one are read. @param last undefined: all of them */
  stateAfter(last: string | undefined): SeenObjects;
}

/** Looks for objects that were not read yet: days that are over for good are not looked at again. */
export async function newObjects(store: ObjectStore, known: SeenObjects | undefined): Promise<NewObjects> {
  const { from = "", seen = [] } = known ?? {};
  const open = dayAt(store.clock.now() - OPEN_DAYS * DAY_MS);
  const found: string[] = [];
  for (const day of await store.records.days())
    if (day >= from) found.push(...(await store.records.idsOf(day)));
  const late = new Set<string>();
  for (const day of await store.records.lateDays()) {
    if (day < from) continue;
    for (const id of await store.records.lateIdsOf(day)) late.add(id);
  }
  const read = new Set(seen);
  const ids = [...new Set([...found, ...late])].filter((id) => !read.has(id)).toSorted();
  return {
    ids,
    stateAfter: (last) => {
      const until = last === undefined ? ids : ids.slice(0, ids.indexOf(last) + 1);
      // What comes later in time may not be read yet, so that its day stays open.
      const reached = last === undefined || dayOf(last) > open ? open : dayOf(last);
      const begin = reached > from ? reached : from;
      const kept = [...seen, ...until].filter((id) => dayOf(id) >= begin || late.has(id));
      return { from: begin, seen: kept };
    },
  };
}

function dayAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
