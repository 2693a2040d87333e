import type { Json } from "../json.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import type { ResolvedTableOptions } from "../table-options.ts";

/** What a source says of a stream whose rows are pushed in from outside: `Source.pushed`. */
export interface PushedSource {
  /** The name by which senders know it. Default: the pipeline's. */
  readonly stream?: string;
  /** Declared columns; those not named are inferred. */
  readonly columns: readonly ColumnDefinition[];
}

/** A destination as plain data, from which it can be made without running the project's code. */
export interface PortableTarget {
  /** Such as `postgres`. */
  readonly kind: string;
  /** What it was made with; secrets are named by `{ "$secret": name }`, never told. */
  readonly options: Json;
}

/** A quality rule as plain data: the function that makes it, and what it was given. */
export interface PortableRule {
  readonly kind: string;
  readonly given: readonly Json[];
}

/** All that is needed to land what is pushed into a stream: a pipeline without code. */
export interface PushedPipeline {
  /** Of this form of the data: 1. */
  readonly version: 1;
  readonly name: string;
  readonly group?: string;
  readonly stream: string;
  readonly columns: readonly ColumnDefinition[];
  readonly target: PortableTarget;
  readonly table: ResolvedTableOptions;
  readonly quality: readonly PortableRule[];
}
