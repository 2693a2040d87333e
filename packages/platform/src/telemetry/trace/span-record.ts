import type { Attributes, SpanName } from "./span-spec.ts";
import type { SpanPlace } from "./trace-ids.ts";

/** Something that happened within a span. */
export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** A span that is over. */
export interface SpanRecord {
  readonly span: SpanName;
  /** Where it is told under another name than its spec's. */
  readonly title?: string;
  readonly place: SpanPlace;
  /** Id of the span above it, in the same trace. */
  readonly parentId?: string | undefined;
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Why it failed, without secrets. */
  readonly error?: { readonly type: string; readonly message: string } | undefined;
  readonly events?: readonly SpanEvent[];
  /** Other traces that it belongs with. */
  readonly links?: readonly SpanPlace[];
}
