import type { Clock, Json } from "@millrace/core";

/** What is remembered of a batch that landed, wholly or to a part. */
export interface LandedBatch {
  readonly id: string;
  /** When its last part landed, in seconds since 1970. */
  readonly at: number;
  /** Rows that have landed, from the first one on. */
  readonly rows: number;
  readonly accepted: number;
  readonly rejected: number;
  /** All of it has landed. */
  readonly done: boolean;
  /** Tells its content from others; empty where nobody knows it whole. */
  readonly digest: string;
}

/** Batches of one checkpoint. More than a few hundred would make every commit write much that it did not change. */
const SEGMENT = 256;
const PREFIX = "batches/";

interface Segment {
  readonly batches: readonly LandedBatch[];
  /** Ids that the service gave to batches without one, of the last commit alone: enough to know whether that landed. */
  readonly recent: readonly string[];
}

/** A checkpoint that says which batches land with it. */
export interface StagedBatches {
  readonly slice: string;
  readonly state: Json;
}

/**
 * Knows which batches have landed. Their ids are kept in the pipeline's checkpoints, so that they become durable in the same
 * transaction as the rows: in segments, of which each commit writes one. A segment whose ids are all too old is used again.
 */
export class LandedBatches {
  readonly #lifetime: number;
  readonly #most: number;
  readonly #clock: Clock;
  #segments: Segment[] = [];
  #byId = new Map<string, LandedBatch>();
  #current = 0;
  #staged: Segment | undefined;

  constructor(options: {
    /** How long an id is remembered. */
    readonly lifetimeMs: number;
    /** Ids that are remembered at most. */
    readonly most: number;
    readonly clock: Clock;
  }) {
    this.#lifetime = Math.ceil(options.lifetimeMs / 1_000);
    this.#most = options.most;
    this.#clock = options.clock;
  }

  /** What the destination holds is all that has landed. */
  restore(checkpoints: ReadonlyMap<string, Json>): void {
    this.#segments = [];
    this.#byId = new Map();
    this.#staged = undefined;
    for (const [slice, state] of checkpoints) {
      if (!slice.startsWith(PREFIX)) continue;
      const segment = readSegment(state);
      this.#segments[Number(slice.slice(PREFIX.length))] = segment;
      for (const batch of segment.batches) this.#know(batch);
    }
    this.#segments = Array.from(this.#segments, (segment) => segment ?? { batches: [], recent: [] });
    const newest = this.#segments.map(({ batches }) => batches.at(-1)?.at ?? 0);
    this.#current = Math.max(0, newest.indexOf(Math.max(...newest)));
  }

  /** What has landed of a batch; undefined for nothing, and once it is forgotten. */
  find(id: string): LandedBatch | undefined {
    const found = this.#byId.get(id);
    return found === undefined || this.#isOld(found) ? undefined : found;
  }

  /** Whether a batch to which the service gave an id was in the last commit. */
  landedLast(id: string): boolean {
    return this.#segments.some(({ recent }) => recent.includes(id));
  }

  /** Seconds until there is room for another id; 0 where there is. */
  get fullForSeconds(): number {
    if (this.#byId.size < this.#most) return 0;
    this.#forget();
    if (this.#byId.size < this.#most) return 0;
    const oldest = Math.min(...[...this.#byId.values()].map(({ at }) => at));
    return Math.max(1, oldest + this.#lifetime - this.#now());
  }

  /** The checkpoint for a group that is about to land; what it says holds from `landed` on. */
  stage(batches: readonly LandedBatch[], recent: readonly string[]): StagedBatches {
    if (this.#live(this.#current).length >= SEGMENT) this.#current = this.#free();
    // An id that comes again takes the place of what was known of it.
    const ids = new Set(batches.map(({ id }) => id));
    const kept = this.#live(this.#current).filter(({ id }) => !ids.has(id));
    this.#staged = { batches: [...kept, ...batches], recent };
    return { slice: `${PREFIX}${this.#current}`, state: writeSegment(this.#staged) };
  }

  /** What was staged is durable. */
  landed(): void {
    if (this.#staged === undefined) return;
    for (const batch of this.#segments[this.#current]?.batches ?? []) {
      if (this.#isOld(batch) && this.#byId.get(batch.id) === batch) this.#byId.delete(batch.id);
    }
    this.#segments[this.#current] = this.#staged;
    for (const batch of this.#staged.batches) this.#know(batch);
    this.#staged = undefined;
  }

  /** So many rows of a batch that has just landed were rejected: known once they have, and durable with the next commit. */
  recount(id: string, rejected: number): void {
    const batch = this.#byId.get(id);
    const segment = this.#segments[this.#current];
    if (batch === undefined || segment === undefined) return;
    const counted = { ...batch, accepted: batch.accepted - rejected, rejected: batch.rejected + rejected };
    this.#byId.set(id, counted);
    const batches = segment.batches.map((each) => (each === batch ? counted : each));
    this.#segments[this.#current] = { ...segment, batches };
  }

  #know(batch: LandedBatch): void {
    const known = this.#byId.get(batch.id);
    if (known === undefined || known.rows < batch.rows || (known.rows === batch.rows && batch.done))
      this.#byId.set(batch.id, batch);
  }

  #live(segment: number): readonly LandedBatch[] {
    return (this.#segments[segment]?.batches ?? []).filter((batch) => !this.#isOld(batch));
  }

  /** A segment that has nothing to remember any more, or a new one. */
  #free(): number {
    const free = this.#segments.findIndex(({ batches }) => batches.every((batch) => this.#isOld(batch)));
    return free < 0 ? this.#segments.length : free;
  }

  #forget(): void {
    for (const [id, batch] of this.#byId) if (this.#isOld(batch)) this.#byId.delete(id);
  }

  #isOld({ at }: LandedBatch): boolean {
    return at + this.#lifetime <= this.#now();
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }
}

function writeSegment({ batches, recent }: Segment): Json {
  return {
    version: 1,
    batches: batches.map(({ id, at, rows, accepted, rejected, done, digest }) => [
      ...[id, at, rows, accepted, rejected, done ? 1 : 0, digest],
    ]),
    recent,
  };
}

type WrittenBatch = readonly [string, number, number, number, number, 0 | 1, string];

function readSegment(state: Json): Segment {
  // Written by `writeSegment`, perhaps of an earlier version; what is not understood is nothing to remember.
  const { version, batches, recent } = state as {
    version?: unknown;
    batches?: readonly WrittenBatch[];
    recent?: readonly string[];
  };
  if (version !== 1) return { batches: [], recent: [] };
  return {
    batches: (batches ?? []).map(([id, at, rows, accepted, rejected, done, digest]) => ({
      ...{ id, at, rows, accepted, rejected, digest },
      done: done === 1,
    })),
    recent: recent ?? [],
  };
}
