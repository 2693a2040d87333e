import type { DatabaseAccess } from "../database/database-access.ts";
import type { Json } from "../json.ts";
import type { SecretAccess } from "../secret.ts";

/** What the function of a task is lent while it works on one job. */
export interface TaskContext extends DatabaseAccess, SecretAccess {
  /** UUID of the job: the same in every attempt, and no other's, so that it can name what must not be done twice. */
  readonly job: string;
  /** Name of the task. */
  readonly task: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Attempts that there are at most. */
  readonly maxAttempts: number;
  /** Aborted when the job is cancelled, out of time, or its worker goes: end soon. Who does not is ended by force. */
  readonly signal: AbortSignal;
  /** The project's folder, absolute. */
  readonly directory: string;
  /** A setting by its name: from the environment or the project's `.env`. Absent: there are none. */
  setting?(name: string): string | undefined;
  /**
   * Tells how far it is. What is told in quick succession is told together, the last of it always.
   * @param total absent: not known
   */
  progress(done: number, total?: number, note?: string): void;
  /** Says something to whoever watches the job. Payloads may hold secrets: say what is no secret. */
  log(level: "debug" | "info" | "warn", message: string, details?: Record<string, Json>): void;
}

/** How far a job is. */
export interface TaskProgress {
  readonly done: number;
  /** Null: not known. */
  readonly total: number | null;
  readonly note: string | null;
}
