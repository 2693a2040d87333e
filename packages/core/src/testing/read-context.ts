import type { ReadContext } from "../source.ts";
import { lendSecrets } from "../secret.ts";
import { noDatabases } from "./no-databases.ts";

/** What a source is given, with everything that is not said at its simplest: nothing read yet, no databases, no secrets, nobody watching. */
export function readContext(over: Partial<ReadContext> = {}): ReadContext {
  return {
    ...noDatabases,
    ...lendSecrets({}),
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
