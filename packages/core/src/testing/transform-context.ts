import type { TransformContext } from "../transform.ts";
import { noDatabases } from "./no-databases.ts";

/** What a transform is given, with what is not said at its simplest: rejected rows are forgotten, no databases, never aborted. */
export function transformContext(over: Partial<TransformContext> = {}): TransformContext {
  return { ...noDatabases, reject: () => undefined, signal: new AbortController().signal, ...over };
}
