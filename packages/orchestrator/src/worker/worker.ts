import { type Clock, MillraceError, systemClock } from "@millrace/core";
import { type ControlStore, publish, sourceStatusRecorder } from "@millrace/platform";
import { hostname } from "node:os";
import { postgresTransport } from "../broker/postgres-transport.ts";
import type {
  AnnouncedRun,
  OfferOutcome,
  RunTransport,
  TransportMembership,
} from "../broker/run-transport.ts";
import { claimRun, claimRuns, nextRunInMs, type Claim } from "../queue/claim.ts";
import { RUNS_CHANNEL } from "../queue/enqueue.ts";
import { HeldRun } from "../queue/held-run.ts";
import { reapDeadWorkers } from "../queue/reap.ts";
import { returnUnknown } from "../queue/return-unknown.ts";
import { COMMANDS_CHANNEL, takeRunCommands } from "../command/take-commands.ts";
import { enqueueJob, taskOf } from "../task/enqueue-job.ts";
import { ProcessPool } from "./process-pool.ts";
import type { RunTask } from "./protocol.ts";
import type { ProcessProgram } from "./run-process.ts";
import { type RunLine, SupervisedRun } from "./supervised-run.ts";
import type { WorkerNotice } from "./worker-notice.ts";
import { WorkerSession } from "./worker-session.ts";

export interface WorkerOptions {
  /** Who opens it closes it, after the worker. */
  readonly control: ControlStore;
  /** The program of the processes that carry out runs. */
  readonly program: ProcessProgram;
  /** The project's folder. */
  readonly root: string;
  /** Connection URL of the default database. */
  readonly databaseUrl: () => Promise<string>;
  /** Runs at the same time. Default 4. */
  readonly slots?: number;
  /** Queues that it takes runs from. Default `default`. */
  readonly queues?: readonly string[];
  /** What runs may ask of it. Default: nothing. */
  readonly labels?: readonly string[];
  /** How it learns of runs and commands. Default: NOTIFY of the control database. */
  readonly transport?: RunTransport;
  /** What it is, as `millrace workers` shows it. Default: nothing. */
  readonly version?: string;
  /** How long it is taken for alive without a heartbeat. Default 5,000 ms. */
  readonly leaseMs?: number;
  /** Processes that are kept ready. Default: as many as slots, at most 2. */
  readonly warm?: number;
  /**
   * Says by another value that what the project's configuration loads has changed; undefined: not known. Processes that are
   * kept ready load it in advance. Default: they do not.
   */
  readonly projectStamp?: () => string | undefined;
  /** Milliseconds between asking a run to end and ending it. Default 10,000. */
  readonly graceMs?: number;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Each line that a run writes. Must not throw. */
  readonly onLine?: (claim: Claim, line: RunLine) => void;
  /** Is told what becomes of runs, as it happens. Must not throw. */
  readonly observe?: (notice: WorkerNotice) => void;
  /** The span that a run belongs to, for its process; see `RunTask.traceparent`. Default: none. */
  readonly traceparent?: (claim: Claim) => string | undefined;
  /** What goes wrong outside of runs. */
  readonly onError?: (error: unknown) => void;
}

/** Longest time to notice a run whose announcement was lost. */
const POLL_MS = 5_000;
const REAP_MS = 500;
const DEFAULT_MEMORY_MB = 2_048;

/**
 * Takes runs from the queue and carries each out in a process of its own. Its session with the control database says that it
 * is alive; where that is lost, its runs are ended before it goes on with a new one.
 */
export class Worker {
  readonly #o: WorkerOptions;
  readonly #clock: Clock;
  readonly #slots: number;
  readonly #queues: readonly string[];
  readonly #pool: ProcessPool;
  readonly #running = new Map<string, { readonly run: SupervisedRun; readonly done: Promise<void> }>();
  readonly #closing = new AbortController();
  #session: WorkerSession | undefined;
  #membership: TransportMembership | undefined;
  /** Slots for runs that are being claimed. */
  #claiming = 0;
  #wake = new AbortController();
  #going: Promise<void> = Promise.resolve();
  #draining = false;
  /** A claim failed, and may have been made all the same. */
  #doubtful = false;

  constructor(options: WorkerOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#slots = options.slots ?? 4;
    this.#queues = options.queues ?? ["default"];
    this.#pool = new ProcessPool({
      program: options.program,
      size: options.warm ?? Math.min(2, this.#slots),
      memoryMb: DEFAULT_MEMORY_MB,
      project:
        options.projectStamp === undefined ? undefined : { root: options.root, stamp: options.projectStamp },
    });
  }

  /** Runs that go on now. */
  get running(): number {
    return this.#running.size;
  }

  /** Runs that it may carry out at the same time. */
  get slots(): number {
    return this.#slots;
  }

  /** Processes that wait for a run. */
  get warm(): number {
    return this.#pool.ready;
  }

  /** Takes no more runs. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Its session is good: others take it for alive, and it may claim runs. */
  get alive(): boolean {
    return this.#session !== undefined && !this.#session.lost.aborted;
  }

  /** The id of its session; undefined while it has none. */
  get id(): string | undefined {
    return this.#session?.id;
  }

  /** Registers and begins to take runs. Fails with MLR_CONTROL_UNAVAILABLE where it cannot the first time. */
  async start(): Promise<void> {
    const session = await this.#open();
    this.#going = this.#run(session);
  }

  /**
   * Takes no more runs, and waits for those that go on. @param now asks them to stop at their next checkpoint, and ends those
   * that do not within the grace time.
   */
  async close(now = false): Promise<void> {
    this.#draining = true;
    this.#membership?.adjust();
    await this.#session?.drain();
    this.#wake.abort();
    if (now) await this.#stopAll();
    await this.#runsOver();
    this.#closing.abort();
    this.#wake.abort();
    await this.#going;
    // A claim that was on its way when it began to drain may have brought more.
    if (now) await this.#stopAll();
    await this.#runsOver();
    await this.#session?.close();
    await this.#pool.close();
  }

  async #runsOver(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #stopAll(): Promise<void> {
    const runs = [...this.#running.values()];
    for (const { run } of runs) run.interrupt(false);
    const over = new AbortController();
    const late = this.#clock.sleep(this.#o.graceMs ?? 10_000, over.signal).then(() => {
      if (over.signal.aborted) return;
      for (const { run } of this.#running.values()) run.interrupt(true);
    });
    await Promise.all(runs.map(({ done }) => done));
    over.abort();
    await late;
  }

  async #open(): Promise<WorkerSession> {
    const { control, labels = [], version = "", leaseMs = 5_000 } = this.#o;
    const session = new WorkerSession({
      url: control.url,
      queues: this.#queues,
      labels,
      slots: this.#slots,
      version,
      leaseMs,
      clock: this.#clock,
      onNotice: (channel) => this.#notice(channel),
    });
    await session.open([RUNS_CHANNEL, COMMANDS_CHANNEL]);
    this.#session = session;
    await publish(control.pool, {
      type: "worker.started",
      at: new Date(this.#clock.now()).toISOString(),
      worker: session.id,
      data: { host: hostname(), pid: process.pid, queues: this.#queues, labels },
    }).catch((error: unknown) => this.#tell(error));
    return session;
  }

  async #run(first: WorkerSession): Promise<void> {
    let session: WorkerSession | undefined = first;
    for (let failures = 0; !this.#closing.signal.aborted;) {
      if (session !== undefined) {
        failures = 0;
        await this.#serve(session);
        if (this.#closing.signal.aborted) return;
        await this.#loseAll();
        await session.close();
        session = undefined;
      }
      await this.#clock.sleep(Math.min(5_000, 100 * 2 ** failures++), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      session = await this.#open().catch((error: unknown) => {
        this.#tell(error);
        return undefined;
      });
    }
  }

  /** Until the session is lost or the worker is closed. */
  async #serve(session: WorkerSession): Promise<void> {
    const over = AbortSignal.any([session.lost, this.#closing.signal]);
    const reaping = this.#reapRegularly(over);
    const membership = this.#join(session);
    while (!over.aborted) {
      const wake = new AbortController();
      this.#wake = wake;
      let waitMs = POLL_MS;
      try {
        await this.#returnUnknown(session);
        if (!this.#draining) waitMs = await this.#claim(session);
        // A command of which nothing was told is found all the same.
        await this.#obey();
      } catch (error) {
        if (!over.aborted) this.#tell(error);
        waitMs = 250;
      }
      if (!over.aborted) await this.#clock.sleep(waitMs, AbortSignal.any([wake.signal, over]));
    }
    await Promise.all([reaping, membership.close()]);
  }

  /** A claim that failed on the way back may have been made. Not while another is under way, whose runs are not known yet. */
  async #returnUnknown(session: WorkerSession): Promise<void> {
    if (!this.#doubtful || this.#claiming > 0) return;
    await returnUnknown(this.#o.control.pool, session.id, [...this.#running.keys()]);
    this.#doubtful = false;
  }

  #join(session: WorkerSession): TransportMembership {
    const { transport = postgresTransport, labels = [] } = this.#o;
    const membership = transport.join({
      worker: session.id,
      queues: this.#queues,
      labels,
      free: () => (this.#draining || session.lost.aborted ? 0 : this.#free),
      offer: (run) => this.#offered(session, run),
      commanded: () => void this.#obey(),
      missed: () => this.#wake.abort(),
    });
    this.#membership = membership;
    return membership;
  }

  get #free(): number {
    return this.#slots - this.#running.size - this.#claiming;
  }

  async #offered(session: WorkerSession, { run, attempt }: AnnouncedRun): Promise<OfferOutcome> {
    if (this.#draining || session.lost.aborted || this.#free <= 0) return "busy";
    this.#claiming++;
    try {
      const claim = await claimRun(this.#o.control.pool, session.id, run, attempt);
      if (claim !== undefined) this.#begin(session, claim);
      else if (this.#draining || session.lost.aborted) return "busy";
      return claim === undefined || claim.id === run ? "settled" : "overtaken";
    } catch (error) {
      this.#doubtful = true;
      this.#tell(error);
      return "failed";
    } finally {
      this.#claiming--;
      this.#membership?.adjust();
    }
  }

  /** Takes what it can, and tells how long there is nothing more to take. */
  async #claim(session: WorkerSession): Promise<number> {
    for (;;) {
      const free = this.#free;
      if (free <= 0) return POLL_MS;
      this.#claiming += free;
      let claims: readonly Claim[];
      try {
        claims = await claimRuns(this.#o.control.pool, session.id, free);
        for (const claim of claims) this.#begin(session, claim);
      } catch (error) {
        this.#doubtful = true;
        throw error;
      } finally {
        this.#claiming -= free;
        this.#membership?.adjust();
      }
      if (claims.length === 0) return nextRunInMs(this.#o.control.pool, this.#queues, POLL_MS);
    }
  }

  #begin(session: WorkerSession, claim: Claim): void {
    const { control, root, databaseUrl, onLine, graceMs, observe } = this.#o;
    observe?.({ type: "claimed", claim });
    const traceparent = this.#o.traceparent?.(claim);
    const run = new SupervisedRun({
      run: new HeldRun(control.pool, claim),
      process: this.#pool.take(claim.memoryMb),
      task: async () => ({
        root,
        pipeline: claim.pipeline,
        file: claim.file,
        run: claim.continues ?? claim.id,
        request: claim.request,
        databaseUrl: await databaseUrl(),
        controlUrl: control.url,
        ...jobOf(claim),
        ...(traceparent === undefined ? {} : { traceparent }),
      }),
      worker: session.id,
      clock: this.#clock,
      enqueue: (id, job) => enqueueJob(control.pool, job, { id }),
      nextAttempt: (above) => nextAttempt(control, claim, above),
      recorders: [
        control.facts.recorder({ run: claim.id, pipeline: claim.pipeline, keepsId: true }),
        control.quality.recorder({ run: claim.id, pipeline: claim.pipeline, group: claim.group }),
        sourceStatusRecorder(
          { pool: control.pool, clock: this.#clock },
          { run: claim.id, pipeline: claim.pipeline },
        ),
      ],
      ...(onLine === undefined ? {} : { onLine: (line: RunLine) => onLine(claim, line) }),
      ...(observe === undefined
        ? {}
        : {
            onEvent: (event) => observe({ type: "event", claim, event }),
            onEnd: (ended) => observe({ type: "ended", claim, ...ended }),
          }),
      ...(graceMs === undefined ? {} : { graceMs }),
    });
    const done = run
      .supervise()
      .catch((error: unknown) => this.#tell(error))
      .finally(() => {
        this.#running.delete(claim.id);
        this.#membership?.adjust();
        if (this.#looks) this.#wake.abort();
      });
    this.#running.set(claim.id, { run, done });
  }

  /** Nothing may go on when others may take the worker for dead. */
  async #loseAll(): Promise<void> {
    const runs = [...this.#running.values()];
    for (const { run } of runs) run.lose();
    await Promise.all(runs.map(({ done }) => done));
  }

  #notice(channel: string): void {
    if (channel === COMMANDS_CHANNEL) void this.#obey();
    else if (this.#looks) this.#wake.abort();
  }

  /** Looks for runs by itself. One with labels does also where runs are announced: those for it are not kept by anybody. */
  get #looks(): boolean {
    return this.#membership?.announces !== true || (this.#o.labels ?? []).length > 0;
  }

  async #obey(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    try {
      await takeRunCommands(this.#o.control.pool, session.id, (command) => {
        const entry = this.#running.get(command.run);
        if (entry === undefined) return undefined;
        if (command.kind === "control")
          return entry.run.control(command.id, { name: command.name, args: command.args });
        const act = command.kind === "cancel" ? entry.run.cancel() : entry.run.stop();
        return act.then(() => entry.done);
      });
    } catch (error) {
      this.#tell(error);
    }
  }

  async #reapRegularly(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#clock.sleep(REAP_MS, over);
      if (over.aborted) return;
      await reapDeadWorkers(this.#o.control.pool, (attempts) =>
        this.#o.observe?.({ type: "reaped", attempts }),
      ).catch((error: unknown) => this.#tell(error));
    }
  }

  #tell(error: unknown): void {
    this.#o.onError?.(error);
  }
}

function jobOf(claim: Claim): Pick<RunTask, "job"> {
  const { payload, tries, maxTries } = claim;
  const task = taskOf(claim.pipeline);
  if (task === undefined || payload === undefined) return {};
  return { job: { task, payload, attempt: tries, maxAttempts: maxTries } };
}

async function nextAttempt({ pool }: ControlStore, claim: Claim, above: bigint): Promise<bigint> {
  const { rows } = await pool.query<{ last: string }>(
    `INSERT INTO millrace_control.attempts AS known (pipeline, partition, last)
     SELECT $1, $2, $3::bigint + 1
     FROM (SELECT FROM millrace_control.leases WHERE pipeline = $1 AND partition = $2 AND token = $4 FOR SHARE) AS mine
     ON CONFLICT (pipeline, partition) DO UPDATE SET last = greatest(known.last, $3::bigint) + 1
     RETURNING last`,
    [claim.pipeline, claim.partition, above.toString(), claim.token],
  );
  const last = rows[0]?.last;
  if (last !== undefined) return BigInt(last);
  throw new MillraceError("MLR_LEASE_LOST", `Another worker has taken over the run of "${claim.pipeline}"`);
}
