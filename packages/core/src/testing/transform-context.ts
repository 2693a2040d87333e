import type { TransformContext } from "../transform.ts";
import { lendSecrets } from "../secret.ts";
import { noDatabases } from "./no-databases.ts";

/** What a transform is given, with what is not said at its simplest: rejected rows are forgotten, no databases, no secrets, never aborted. */
export function transformContext(over: Partial<TransformContext> = {}): TransformContext {
  return {
    ...noDatabases,
    ...lendSecrets({}),
    reject: () => undefined,
    signal: new AbortController().signal,
    ...over,
  };
}
