/** A run that waits, as it is announced. */
export interface AnnouncedRun {
  /** UUID of the run's record. */
  readonly run: string;
  /** Processes that were started for it before. */
  readonly attempt: number;
}

/**
 * What became of a run that was offered. `settled`: it was claimed, or there is nothing to claim; `overtaken`: a more urgent
 * one was claimed in its place; `busy`: there is no slot for it; `failed`: the database did not answer.
 */
export type OfferOutcome = "settled" | "overtaken" | "busy" | "failed";

/** A worker, as a transport needs to know it. */
export interface TransportMember {
  /** The id of its session. */
  readonly worker: string;
  readonly queues: readonly string[];
  readonly labels: readonly string[];
  /** Runs that it could take now. */
  readonly free: () => number;
  /** Claims the run, if it may be claimed. Must not reject. */
  readonly offer: (run: AnnouncedRun) => Promise<OfferOutcome>;
  /** Commands may wait for its runs. */
  readonly commanded: () => void;
  /** Runs may wait of which nothing was announced: it has to look for itself. */
  readonly missed: () => void;
}

/** A worker's part in a transport. */
export interface TransportMembership {
  /** Runs are announced to it; where not, it looks for them when the database notifies it. */
  readonly announces: boolean;
  /** The worker has more slots, or fewer. */
  adjust(): void;
  /** Takes no more offers. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** Tells workers what is queued, as long as it is not closed. */
export interface Announcer {
  /** Something was queued, or a command given. */
  wake(): void;
  /** Idempotent, never rejects. */
  close(): Promise<void>;
}

/**
 * How workers learn of runs and commands. Whatever is told, or told twice, or not told: the claim in PostgreSQL decides, and
 * each worker looks for itself every five seconds.
 */
export interface RunTransport {
  readonly name: "postgres" | "rabbitmq";
  /** Lets a worker take part. Does not wait until it can. */
  join(member: TransportMember): TransportMembership;
  /** Begins to announce; one process at a time does. */
  announce(): Announcer;
}
