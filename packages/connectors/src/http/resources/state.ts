import type { Json } from "@millrace/core";
import type { CursorState } from "../cursor/cursor-reading.ts";
import type { Bindings } from "./template.ts";

/** How far the pages of one chain were read. JSON: it is part of a checkpoint. */
export interface ChainState {
  /** Pages read in this reading. */
  pages: number;
  /** Empty pages in a row. */
  empty?: number;
  /** The page that comes next, as the paginator has it; absent: the first. */
  at?: Json;
  /** All pages were read. */
  ended?: true;
  /** Why perhaps not all rows were met. */
  doubt?: string;
  /** Where finished readings by cursor came to. */
  cursor?: CursorState;
  /** Where this reading by cursor began, and where it came to. */
  from?: CursorState;
  reached?: CursorState;
  /** Rows that children are still to be read for: child → key → values that its requests need. */
  pending?: Record<string, Record<string, Bindings>>;
  /** Chains of children that have begun, by child and key; those with a slice of their own are not here. */
  open?: Record<string, Record<string, ChainState>>;
}

/** What a server said of its only page, to ask whether it has changed. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
  readonly rows: number;
  /** Digest of what else decides the rows: the request and the pipeline's code. */
  readonly of: string;
}

/** The state of a slice. */
export interface SliceState {
  v: 1;
  /** Digest of what decides which rows come, and of how pages follow one another. */
  f: string;
  p: string;
  /** Id of the reading that the state belongs to. */
  reading?: string;
  /** The reading is over; only said where nothing else tells. */
  done?: true;
  chain: ChainState;
  /** Why not everything was read, by stream. */
  doubts?: Record<string, string[]>;
  validators?: Validators;
}

/** The state in a checkpoint, if it is one of this resource. Where pages follow one another otherwise now, its place is left out. */
export function parseSliceState(
  value: Json | undefined,
  { fingerprint, pageFingerprint }: { readonly fingerprint: string; readonly pageFingerprint: string },
): SliceState | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const state = structuredClone(value) as unknown as SliceState;
  if (state.v !== 1 || state.f !== fingerprint || typeof state.chain !== "object") return undefined;
  if (state.p === pageFingerprint) return state;
  const { cursor } = state.chain;
  if (cursor === undefined) return undefined;
  return { v: 1, f: fingerprint, p: pageFingerprint, chain: { pages: 0, cursor } };
}
