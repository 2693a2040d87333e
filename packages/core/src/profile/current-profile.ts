import { AsyncLocalStorage } from "node:async_hooks";
import type { RunProfile } from "./run-profile.ts";

const storage = new AsyncLocalStorage<RunProfile>();
const going = new Set<RunProfile>();
/** The only one that goes on; undefined where there is none, or several. */
let only: RunProfile | undefined;

/** Does work whose calls of watched functions count in a profile; the profile is closed by whoever opened it. */
export async function inProfile<T>(profile: RunProfile, work: () => Promise<T>): Promise<T> {
  going.add(profile);
  only = going.size === 1 ? profile : undefined;
  try {
    return await storage.run(profile, work);
  } finally {
    going.delete(profile);
    [only] = going.size === 1 ? going : [];
  }
}

/**
 * The profile that a call made now belongs to: that of the run which led to it. Where that is not known, because the call
 * comes from a connection or a timer that is older than the run, that of the only run that goes on.
 */
export function currentProfile(): RunProfile | undefined {
  if (going.size === 0) return undefined;
  const own = storage.getStore() ?? only;
  return own?.open === true ? own : undefined;
}
