import type { Clock, SecretAccess } from "@millrace/core";
import type { SampleBatch } from "./sample.ts";

/** What a writer may use from when it is opened to when it is closed. */
export interface WriterContext extends Partial<SecretAccess> {
  readonly clock: Clock;
  /** The project's folder, absolute: relative paths start here. */
  readonly directory: string;
  /** Says something to whoever watches. */
  log(level: "debug" | "info" | "warn", message: string): void;
}

/**
 * Takes samples somewhere. Each writer has a bounded queue of its own: `write` is called with the batches in their order, never
 * twice at the same time, and again with the same batches where it fails.
 */
export interface SamplingWriter {
  /** For messages and the status. */
  readonly name: string;
  /** Called once before the first write. */
  open?(context: WriterContext): Promise<void> | void;
  /** Resolves when the batches are where they belong. */
  write(batches: readonly SampleBatch[]): Promise<void>;
  /** Frees everything, after the last write. Idempotent. */
  close?(): Promise<void>;
}
