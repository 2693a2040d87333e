import { EventHeap } from "./event-heap.ts";
import { exponential, randomFrom } from "./random.ts";
import { ServerQueue } from "./server-queue.ts";

/** How long the control database and a worker need for each step, in milliseconds: measured. */
export interface ServiceTimes {
  /** To queue one run of a batch. */
  readonly enqueueMs: number;
  /** To claim one run. */
  readonly claimMs: number;
  /** To record an end. */
  readonly endMs: number;
  /** To prolong a lease. */
  readonly heartbeatMs: number;
  /** From a claim until a pipeline's code runs. */
  readonly startMs: number;
}

/** A fleet. */
export interface Fleet {
  readonly pipelines: number;
  readonly workers: number;
  /** Runs that a worker carries out at the same time. */
  readonly slots: number;
  /** Seconds from one run of a pipeline to the next. */
  readonly everySeconds: number;
  /** Mean seconds of a run's own work. */
  readonly runSeconds: number;
  /** Statements that the database works on at once. */
  readonly databaseServers: number;
  /** Simulated time. */
  readonly seconds: number;
  readonly times: ServiceTimes;
  readonly seed?: number;
}

/** What becomes of it. */
export interface Simulated {
  readonly due: number;
  readonly started: number;
  readonly finished: number;
  /** Runs that wait when the time is over. */
  readonly waiting: number;
  /** From due to claimed, in milliseconds. */
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  /** Shares from 0 to 1; of the database, more than 1 where work piles up. */
  readonly databaseBusy: number;
  readonly slotsBusy: number;
  readonly bottleneck: "none" | "database" | "workers";
}

const HEARTBEAT_SECONDS = 5;
const FULL = 0.95;

/** Simulates schedules, queue, workers and database as events: no time passes. */
export function simulate(fleet: Fleet): Simulated {
  return new Simulation(fleet).run();
}

class Simulation {
  readonly #fleet: Fleet;
  readonly #heap = new EventHeap();
  readonly #random: () => number;
  readonly #database: ServerQueue;
  readonly #ready: number[] = [];
  #next = 0;
  readonly #late: number[] = [];
  #freeSlots: number;
  #due = 0;
  #finished = 0;
  #busySeconds = 0;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    this.#random = randomFrom(fleet.seed ?? 1);
    this.#database = new ServerQueue(this.#heap, fleet.databaseServers);
    this.#freeSlots = fleet.workers * fleet.slots;
  }

  run(): Simulated {
    const { pipelines, everySeconds, seconds } = this.#fleet;
    for (let i = 0; i < pipelines; i++) this.#schedule(this.#random() * everySeconds);
    for (let event = this.#heap.next(); event !== undefined && event.at <= seconds; event = this.#heap.next())
      event.act();
    return this.#result();
  }

  /** A run is due; the pipeline's next one follows whether or not this one is over. */
  #schedule(at: number): void {
    const { everySeconds, times } = this.#fleet;
    this.#heap.add(at, () => {
      this.#due += 1;
      this.#schedule(at + everySeconds);
      this.#database.work(at, times.enqueueMs / 1000, (now) => {
        this.#ready.push(at);
        this.#claim(now);
      });
    });
  }

  #claim(now: number): void {
    const dueAt = this.#ready[this.#next];
    if (this.#freeSlots === 0 || dueAt === undefined) return;
    this.#next += 1;
    this.#freeSlots -= 1;
    this.#database.work(now, this.#fleet.times.claimMs / 1000, (claimed) => {
      this.#late.push((claimed - dueAt) * 1000);
      this.#carryOut(claimed);
    });
  }

  #carryOut(now: number): void {
    const { times, runSeconds, seconds } = this.#fleet;
    const over = now + times.startMs / 1000 + exponential(this.#random, runSeconds);
    this.#busySeconds += Math.min(over, seconds) - now;
    for (let beat = now + HEARTBEAT_SECONDS; beat < Math.min(over, seconds); beat += HEARTBEAT_SECONDS) {
      const at = beat;
      this.#heap.add(at, () => this.#database.work(at, times.heartbeatMs / 1000, () => undefined));
    }
    this.#heap.add(over, () =>
      this.#database.work(over, times.endMs / 1000, (ended) => {
        this.#finished += 1;
        this.#freeSlots += 1;
        this.#claim(ended);
      }),
    );
  }

  #result(): Simulated {
    const { seconds, workers, slots, databaseServers } = this.#fleet;
    const late = this.#late.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      late[Math.min(late.length - 1, Math.floor(late.length * share))] ?? 0;
    const databaseBusy = this.#database.busySeconds / seconds / databaseServers;
    const slotsBusy = this.#busySeconds / seconds / (workers * slots);
    const piled = this.#database.waiting > databaseServers * 100;
    return {
      due: this.#due,
      started: late.length,
      finished: this.#finished,
      waiting: this.#due - late.length,
      lateP50Ms: at(0.5),
      lateP99Ms: at(0.99),
      databaseBusy,
      slotsBusy,
      bottleneck: databaseBusy > FULL || piled ? "database" : slotsBusy > FULL ? "workers" : "none",
    };
  }
}
