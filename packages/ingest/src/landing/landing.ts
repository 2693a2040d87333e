import type { LandingState } from "./stream-landing.ts";
import type { BatchPart, LandedPart } from "./submission.ts";

/** How far a batch has come. */
export interface BatchProgress {
  /** Rows of it, from its first one on. */
  readonly offset: number;
  readonly done: boolean;
  /** A part of it is kept and has not landed yet. */
  readonly queued?: boolean;
}

/** Where parts of batches land. */
export interface Landing {
  readonly state: LandingState;
  /** Lands a part, or keeps it durably to land it later. Fails with MLR_PUSH_BUSY, MLR_PUSH_CONFLICT, or as the destination. */
  submit(part: BatchPart): Promise<LandedPart>;
  /** Undefined where nothing of the batch has come, or it is forgotten. */
  progress(id: string): Promise<BatchProgress | undefined>;
  /** Takes nothing more, and ends. Idempotent. */
  close(): Promise<void>;
}
