import type { FeedContext } from "./event-feed.ts";
import type { RunPatch } from "./messages.ts";
import { type RunState, runRows } from "./run-rows.ts";
import { Started } from "./started.ts";

/** How often it is looked while somebody follows runs that go on, while none goes on, and while nobody follows. */
const TICK_MS = { busy: 200, quiet: 1_000, unfollowed: 5_000 };
/** Transactions may become visible so much later than the times that they write. */
const OVERLAP_MS = 3_000;
const ENDED_OVERLAP_MS = 10_000;
/** Runs that ended are looked for only so often, as their events tell of most. */
const ENDED_EVERY_MS = 1_000;
/** Runs that events told of and that are looked at together. */
const AT_ONCE = 1_000;
/** Time for which a run that is over is known, so that nothing is told of it again. */
const KNOWN_MS = 60_000;
const RETRY_MS = 1_000;

interface Known {
  readonly state: RunState;
  readonly seenAt: number;
}

/**
 * Tells what changes about runs: looks at all of them that may have changed with one statement per tick, and compares them
 * with what it saw last.
 */
export class RunFeed {
  readonly #context: FeedContext;
  readonly #started = new Started(() => this.#start());
  readonly #known = new Map<string, Known>();
  readonly #told = new Set<string>();
  readonly #over = new AbortController();
  #wake = new AbortController();
  #since = new Date(0);
  #endedSince = new Date(0);
  #endedAt = -Infinity;
  #going: Promise<void> = Promise.resolve();

  constructor(context: FeedContext) {
    this.#context = context;
  }

  /** Resolves when every change from now on is told. */
  async ready(): Promise<void> {
    await this.#started.ready();
    this.#wake.abort();
  }

  /** A run of which something was told is looked at with the next tick. */
  poke(run: string): void {
    this.#told.add(run);
    // Several events mostly come together.
    if (this.#told.size === 1) setTimeout(() => this.#wake.abort(), 20).unref();
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#wake.abort();
    await this.#going;
  }

  async #start(): Promise<void> {
    this.#context.hub.journal.open("runs");
    const { now } = await runRows(this.#context.pool, { ids: [] });
    this.#endedSince = new Date(now.getTime() - ENDED_OVERLAP_MS);
    this.#going = this.#run();
  }

  async #run(): Promise<void> {
    const { clock, onError } = this.#context;
    while (!this.#over.signal.aborted) {
      const wake = new AbortController();
      this.#wake = wake;
      let waitMs: number;
      try {
        waitMs = await this.#tick();
      } catch (error) {
        onError(error);
        waitMs = RETRY_MS;
      }
      if (!this.#over.signal.aborted) await clock.sleep(waitMs, wake.signal);
    }
  }

  /** Milliseconds until the next one. */
  async #tick(): Promise<number> {
    const { hub, pool, clock } = this.#context;
    const began = clock.monotonic();
    const ids = [...this.#told].slice(0, AT_ONCE);
    const lookForEnded = began - this.#endedAt >= ENDED_EVERY_MS;
    const { now, runs } = await runRows(pool, {
      ids,
      since: this.#since,
      ...(lookForEnded ? { endedSince: this.#endedSince } : {}),
    });
    for (const id of ids) this.#told.delete(id);
    this.#since = new Date(now.getTime() - OVERLAP_MS);
    if (lookForEnded) {
      this.#endedAt = began;
      this.#endedSince = new Date(now.getTime() - ENDED_OVERLAP_MS);
    }
    for (const run of runs) this.#tell(run, began);
    this.#forget(began);
    if (this.#told.size > 0) return 0;
    if (!hub.follows("runs", "run", "pipeline")) return TICK_MS.unfollowed;
    return runs.some(({ status }) => status === "running") ? TICK_MS.busy : TICK_MS.quiet;
  }

  #tell(run: RunState, at: number): void {
    const before = this.#known.get(run.id)?.state;
    this.#known.delete(run.id);
    this.#known.set(run.id, { state: run, seenAt: at });
    const patch = before === undefined ? run : difference(before, run);
    if (patch === undefined) return;
    this.#context.hub.publish("runs", ["runs", `run:${run.id}`, `pipeline:${run.pipeline}`], { run: patch });
  }

  /** Those that were not seen for long, oldest first. */
  #forget(now: number): void {
    for (const [id, { seenAt }] of this.#known) {
      if (now - seenAt < KNOWN_MS) return;
      this.#known.delete(id);
    }
  }
}

/** The fields that are not as they were; undefined where all are. */
function difference(before: RunState, after: RunState): RunPatch | undefined {
  const changed: Record<string, unknown> = {};
  for (const key of Object.keys(after) as (keyof RunState)[]) {
    if (!same(before[key], after[key])) changed[key] = after[key];
  }
  if (Object.keys(changed).length === 0) return undefined;
  return { ...changed, id: after.id, pipeline: after.pipeline };
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === "object" && a !== null && JSON.stringify(a) === JSON.stringify(b);
}
