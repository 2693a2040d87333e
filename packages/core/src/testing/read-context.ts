import type { ReadContext } from "../source.ts";
import { noDatabases } from "./no-databases.ts";

/** What a source is given, with everything that is not said at its simplest: nothing read yet, no databases, nobody watching. */
export function readContext(over: Partial<ReadContext> = {}): ReadContext {
  return {
    ...noDatabases,
    checkpoints: new Map(),
    openEpochs: [],
    signal: new AbortController().signal,
    full: false,
    wants: "everything",
    params: {},
    directory: process.cwd(),
    log: () => undefined,
    ...over,
  };
}
