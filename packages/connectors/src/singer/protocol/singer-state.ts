import { parseJsonExact, type Json } from "@millrace/core";
import { exactJson } from "./exact-json.ts";

/** What is kept with each commit: where the tap goes on, and which versions of its tables are known. */
export interface SingerCheckpoint {
  /** The state as the tap wrote it, as JSON text; undefined before its first one. */
  readonly state: string | undefined;
  /** Stream → the version that was activated last. */
  readonly active: ReadonlyMap<string, string>;
  /** Stream → the version that is being read and was not activated yet. */
  readonly pending: ReadonlyMap<string, string>;
}

/** No run before. */
export const NO_CHECKPOINT: SingerCheckpoint = { state: undefined, active: new Map(), pending: new Map() };

/** As the engine keeps it. A state that JSON numbers would change is kept as text. */
export function checkpointJson({ state, active, pending }: SingerCheckpoint): Json {
  return {
    ...(state === undefined ? {} : stateJson(state)),
    ...(active.size === 0 ? {} : { active: Object.fromEntries(active) }),
    ...(pending.size === 0 ? {} : { pending: Object.fromEntries(pending) }),
  };
}

/** Reads what `checkpointJson` made. */
export function readCheckpoint(json: Json | undefined): SingerCheckpoint {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return NO_CHECKPOINT;
  const { state, stateText, active, pending } = json as Readonly<Record<string, Json | undefined>>;
  const text = typeof stateText === "string" ? stateText : undefined;
  return {
    state: text ?? (state === undefined ? undefined : JSON.stringify(state)),
    active: versions(active),
    pending: versions(pending),
  };
}

function stateJson(text: string): Readonly<Record<string, Json>> {
  const plain = JSON.parse(text) as Json;
  return exactJson(parseJsonExact(text)) === JSON.stringify(plain) ? { state: plain } : { stateText: text };
}

function versions(json: Json | undefined): ReadonlyMap<string, string> {
  if (typeof json !== "object" || json === null) return new Map();
  return new Map(
    Object.entries(json).flatMap(([stream, version]) =>
      typeof version === "string" ? [[stream, version] as const] : [],
    ),
  );
}
