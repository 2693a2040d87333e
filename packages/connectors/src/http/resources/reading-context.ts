import type { Clock, Message, ReadContext, Scope } from "@millrace/core";
import type { HttpClient } from "../client/client.ts";
import type { Secrets } from "../../shared/http/secrets.ts";
import type { Outlet } from "./outlet.ts";
import type { Resource } from "./plan.ts";
import type { Slice } from "./slice.ts";
import type { Bindings } from "./template.ts";

/** What all chains of one reading of a tree of resources share. */
export interface ReadingContext {
  readonly client: HttpClient;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly outlet: Outlet;
  readonly read: ReadContext;
  /** Aborted when the reading is to end, for whatever reason. */
  readonly signal: AbortSignal;
  /** Children that are read at the same time. */
  readonly concurrency: number;
  /** Messages that have to come before the next rows of a slice: those that open the reading, and news of doubts. */
  opening(slice: Slice): Message[];
  /** The server says that nothing has changed since the last reading. */
  unchanged(): void;
  /** The slice of a child that has a cursor for each of its parents. */
  sliceOf(resource: Resource, bindings: Bindings): Slice;
  /** Columns and values that the rows of one parent have, where each parent's part is an epoch of its own. */
  scopeOf(resource: Resource, bindings: Bindings): Scope | undefined;
  /** Not everything of the stream was read. */
  doubt(stream: string, reason: string): void;
  /** Counts rows; false when enough were read. */
  wantsMore(rows: number): boolean;
  /** True where an interrupted run left the epoch of this scope open. */
  isOpen(stream: string, scope: Scope): boolean;
}
