import { type Clock, type RunLimits, type Schedule, systemClock } from "@millrace/core";
import type { ControlStore } from "@millrace/platform";
import { postgresTransport } from "../broker/postgres-transport.ts";
import type { Announcer, RunTransport } from "../broker/run-transport.ts";
import { settleCommands } from "../command/settle-commands.ts";
import { COMMANDS_CHANNEL } from "../command/take-commands.ts";
import { enqueue, RUNS_CHANNEL } from "../queue/enqueue.ts";
import type { AttemptEnd } from "../queue/end-attempt.ts";
import { reapDeadWorkers } from "../queue/reap.ts";
import { REGISTRY_CHANNEL } from "../registry/register.ts";
import { ScheduleTimer, type TimedFire } from "../schedule/schedule-timer.ts";
import { followParents } from "./follow-parents.ts";
import { Leadership } from "./leadership.ts";

export interface SchedulerOptions {
  /** Who opens it closes it, after the scheduler. */
  readonly control: ControlStore;
  /** How workers learn of what is queued; the process that schedules announces it. Default: NOTIFY of the control database. */
  readonly transport?: RunTransport;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Time after which another scheduler takes over from one that does not answer. Default 6,000 ms. */
  readonly leaseMs?: number;
  /** What goes wrong; the scheduler goes on. */
  readonly onError?: (error: unknown) => void;
  /** Deletes what is old in the control database: called soon after this process begins to schedule, and hourly. Default: nothing is deleted. */
  readonly prune?: (signal: AbortSignal) => Promise<unknown>;
  /** Called every minute while this process schedules: keeps how the platform does. Default: nothing. */
  readonly sample?: () => Promise<unknown>;
  /** Is told when this process begins and ceases to be the one that schedules. */
  readonly onLead?: (leads: boolean) => void;
  /** Is told what became of runs whose worker was gone, where this process found and recorded that. Must not throw. */
  readonly onReaped?: (attempts: readonly AttemptEnd[]) => void;
}

/** Looks for what an announcement was lost of. */
const SWEEP_MS = 5_000;
const REAP_MS = 500;
/** The first pruning waits until what was due is queued. */
const FIRST_PRUNE_MS = 60_000;
const PRUNE_MS = 3_600_000;
const SAMPLE_MS = 60_000;

interface Scheduled {
  readonly name: string;
  readonly group_name: string | null;
  readonly schedule: Schedule;
  readonly limits: RunLimits;
  readonly code_version: string | null;
  readonly last_due_at: Date | null;
}

/**
 * Queues runs when they are due and when their parents have run. Any number of schedulers may run; one of them acts, and
 * that is an optimisation only: of one fire, or one set of parents' runs, there is never more than one run.
 */
export class Scheduler {
  readonly #o: SchedulerOptions;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #leadership: Leadership;
  readonly #scheduled = new Map<string, Scheduled>();
  #reload = new AbortController();
  #follow = new AbortController();
  #announcer: Announcer | undefined;
  #going: Promise<void> = Promise.resolve();
  #leads = false;

  constructor(options: SchedulerOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#leadership = new Leadership({
      url: options.control.url,
      name: "scheduler",
      clock: this.#clock,
      ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
      channels: [RUNS_CHANNEL, COMMANDS_CHANNEL, REGISTRY_CHANNEL],
      onNotice: (channel) => this.#notice(channel),
      onError: (error) => this.#tell(error),
    });
  }

  /** This process is the one that schedules. */
  get leads(): boolean {
    return this.#leads;
  }

  start(): void {
    this.#going = this.#leadership.run((over) => this.#lead(over), this.#closing.signal);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#going;
  }

  #notice(channel: string): void {
    if (channel === REGISTRY_CHANNEL) this.#reload.abort();
    else this.#announcer?.wake();
    if (channel === RUNS_CHANNEL) this.#follow.abort();
  }

  async #lead(over: AbortSignal): Promise<void> {
    this.#leads = true;
    this.#o.onLead?.(true);
    const announcer = (this.#o.transport ?? postgresTransport).announce();
    this.#announcer = announcer;
    const timer = new ScheduleTimer({
      clock: this.#clock,
      deliver: (fires) => this.#deliver(fires),
      onError: (error) => this.#tell(error),
    });
    this.#scheduled.clear();
    try {
      await this.#load(timer);
      await Promise.all([
        timer.run(over),
        this.#repeat(over, () => this.#load(timer), "reload"),
        this.#repeat(over, () => this.#sweep(), "follow"),
        this.#reap(over),
        this.#prune(over),
        this.#sample(over),
      ]);
    } finally {
      await announcer.close();
      this.#leads = false;
      this.#o.onLead?.(false);
    }
  }

  /** Does it when it is announced, and now and then besides. */
  async #repeat(over: AbortSignal, work: () => Promise<unknown>, when: "reload" | "follow"): Promise<void> {
    while (!over.aborted) {
      const wake = new AbortController();
      if (when === "reload") this.#reload = wake;
      else this.#follow = wake;
      await work().catch((error: unknown) => this.#tell(error));
      await this.#clock.sleep(SWEEP_MS, AbortSignal.any([over, wake.signal]));
    }
  }

  async #sweep(): Promise<void> {
    const { pool } = this.#o.control;
    await followParents(pool);
    await settleCommands(pool);
  }

  async #reap(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#clock.sleep(REAP_MS, over);
      if (over.aborted) return;
      await reapDeadWorkers(this.#o.control.pool, this.#o.onReaped).catch((error: unknown) =>
        this.#tell(error),
      );
    }
  }

  async #prune(over: AbortSignal): Promise<void> {
    const { prune } = this.#o;
    if (prune === undefined) return;
    for (let waitMs = FIRST_PRUNE_MS; !over.aborted; waitMs = PRUNE_MS) {
      await this.#clock.sleep(waitMs, over);
      if (!over.aborted) await prune(over).catch((error: unknown) => this.#tell(error));
    }
  }

  async #sample(over: AbortSignal): Promise<void> {
    const { sample } = this.#o;
    while (sample !== undefined && !over.aborted) {
      await sample().catch((error: unknown) => this.#tell(error));
      // At the beginning of each minute, whenever this process began.
      await this.#clock.sleep(SAMPLE_MS - (this.#clock.now() % SAMPLE_MS), over);
    }
  }

  async #load(timer: ScheduleTimer): Promise<void> {
    const { rows } = await this.#o.control.pool.query<Scheduled>(
      `SELECT name, group_name, schedule, limits, code_version, last_due_at FROM millrace_control.pipelines
       WHERE schedule IS NOT NULL AND retired_at IS NULL AND paused_at IS NULL AND coalesce(enabled, declared_enabled)`,
    );
    const known = new Set(rows.map(({ name }) => name));
    for (const name of [...this.#scheduled.keys()]) {
      if (known.has(name)) continue;
      timer.delete(name);
      this.#scheduled.delete(name);
    }
    for (const row of rows) {
      // What was due while no scheduler was there is made up for; what was due while it was off is not.
      const fresh = this.#scheduled.get(row.name) === undefined;
      timer.set(row.name, row.schedule, fresh ? row.last_due_at?.getTime() : undefined);
      this.#scheduled.set(row.name, row);
    }
  }

  async #deliver(fires: readonly TimedFire[]): Promise<void> {
    const client = await this.#o.control.pool.connect();
    try {
      await client.query("BEGIN");
      await enqueue(
        client,
        fires.flatMap((fire) => {
          const known = this.#scheduled.get(fire.pipeline);
          if (known === undefined || fire.leftOut !== undefined) return [];
          return [
            {
              pipeline: known.name,
              group: known.group_name ?? undefined,
              trigger: "schedule" as const,
              dueMs: fire.dueMs,
              startMs: fire.startMs,
              limits: known.limits,
              codeVersion: known.code_version ?? undefined,
              // One that still waits will do for this fire as well, unless each of them counts.
              onlyOneWaits: known.schedule.catchUp.policy !== "all",
            },
          ];
        }),
      );
      await client.query(
        `UPDATE millrace_control.pipelines AS known SET last_due_at = greatest(known.last_due_at, fired.at)
         FROM (SELECT name, max(at) AS at FROM unnest($1::text[], $2::timestamptz[]) AS each_fire (name, at) GROUP BY name) AS fired
         WHERE known.name = fired.name`,
        [fires.map(({ pipeline }) => pipeline), fires.map(({ dueMs }) => new Date(dueMs))],
      );
      await client.query("COMMIT");
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  #tell(error: unknown): void {
    this.#o.onError?.(error);
  }
}
