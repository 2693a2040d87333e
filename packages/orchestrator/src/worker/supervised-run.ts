import { hostname } from "node:os";
import type {
  Clock,
  EnqueuedJob,
  NewJob,
  RunEvent,
  RunReport,
  SourceCommand,
  TaskProgress,
} from "@millrace/core";
import type { HeldRun } from "../queue/held-run.ts";
import type { ProcessEnd } from "../queue/end-attempt.ts";
import { readLines } from "./output-lines.ts";
import type { ControlOutcome, FromProcess, ProcessUsage, RunTask } from "./protocol.ts";
import type { RunProcess } from "./run-process.ts";
import { RunMeter } from "./run-meter.ts";
import { RunProgress } from "./run-progress.ts";
import type { WorkerNotice } from "./worker-notice.ts";

export interface SuperviseOptions {
  readonly run: HeldRun;
  readonly process: RunProcess;
  /** What the process is to do. */
  readonly task: () => Promise<RunTask>;
  /** The worker's id. */
  readonly worker: string;
  readonly clock: Clock;
  /** Attempt numbers for the destination's fence; fails where the run is no longer held. */
  readonly nextAttempt: (above: bigint) => Promise<bigint>;
  /** Queues a job that the run's code asks for. */
  readonly enqueue: (id: string, job: NewJob) => Promise<EnqueuedJob>;
  /** Each line that the process writes, and what its events say. Must not throw. */
  readonly onLine?: (line: RunLine) => void;
  /** Who keeps what the run tells besides its record: given each event, and time to write before the end is recorded. Default: nobody. */
  readonly recorders?: readonly RunEventRecorder[];
  /** Each event of the run. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
  /** How the attempt ended, once that is recorded. Must not throw. */
  readonly onEnd?: (ended: Omit<Extract<WorkerNotice, { type: "ended" }>, "type" | "claim">) => void;
  /** Milliseconds between being asked to end and being ended. Default 10,000. */
  readonly graceMs?: number;
}

/** Keeps something of what a run tells. Never throws. */
export interface RunEventRecorder {
  readonly observe: (event: RunEvent) => void;
  flush(): Promise<void>;
}

/** A line of a run's output. */
export interface RunLine {
  readonly at: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Time from an event to its being recorded. */
const RECORD_MS = 500;
const MEMORY_MS = 1_000;
/** Looks at the memory from one record of measures to the next. */
const MEASURE_EVERY = 2;
const GRACE_MS = 10_000;
/** Milliseconds that a source has to do what it is asked. */
const CONTROL_MS = 30_000;
/** Further attempts at queueing a job, over about 20 seconds. */
const ENQUEUE_TRIES = 8;
/** Memory besides the heap that a process may use: buffers, native code. A share of the heap, but not less than 256 MiB. */
const BESIDES_HEAP = { share: 0.5, atLeastMb: 256 };

/**
 * Sees a run through in its process: hands over the task, records what it tells, holds it to its limits, ends it when asked,
 * and records how it ended, when it has ended.
 */
export class SupervisedRun {
  readonly #o: SuperviseOptions;
  readonly #progress: RunProgress;
  readonly #meter = new RunMeter();
  readonly #over = new AbortController();
  #report: RunReport | undefined;
  #usage: ProcessUsage | undefined;
  #result: string | undefined;
  #jobProgress: TaskProgress | undefined;
  readonly #controls = new Map<string, (outcome: ControlOutcome) => void>();
  #exceptions = 0;
  #lastException: ProcessEnd["lastException"] = null;
  #recording: Promise<unknown> = Promise.resolve();
  #lost = false;
  #interrupted = false;
  #reason: string | undefined;

  constructor(options: SuperviseOptions) {
    this.#o = options;
    const { id, continues } = options.run.claim;
    this.#progress = new RunProgress(id, continues);
  }

  get id(): string {
    return this.#o.run.claim.id;
  }

  get pipeline(): string {
    return this.#o.run.claim.pipeline;
  }

  /** Resolves when the process has ended and its end is recorded. Never rejects: what cannot be recorded others find out. */
  async supervise(): Promise<void> {
    const { process: child, run, task, worker, clock } = this.#o;
    const onLine = (stream: RunLine["stream"]) => (text: string) => this.#line(stream, text);
    if (child.child.stdout !== null) readLines(child.child.stdout, onLine("stdout"));
    if (child.child.stderr !== null) readLines(child.child.stderr, onLine("stderr"));
    child.listen((message) => this.#hear(message));
    void this.#hand(task);
    const said = run.started({ worker, host: hostname(), pid: child.pid }).catch(() => true);
    void said.then((held) => (held ? undefined : this.lose()));
    const watching = [this.#recordRegularly(), this.#watchMemory(), this.#watchTime()];
    const exit = await child.exited;
    this.#over.abort();
    await Promise.all([...watching, said]);
    await this.#recording;
    await Promise.all((this.#o.recorders ?? []).map((recorder) => recorder.flush()));
    const end: ProcessEnd = {
      exitCode: exit.code,
      signal: exit.signal,
      peakMemoryBytes: Math.max(this.#usage?.peakMemoryBytes ?? 0, child.peakMemoryBytes) || null,
      cpuMs: this.#usage?.cpuMs ?? null,
      exceptions: this.#exceptions,
      lastException: this.#lastException,
    };
    if (!this.#lost) await this.#recordEnd(end, clock);
    this.#o.onEnd?.({
      outcome: run.outcome ?? "lost",
      ...(this.#report === undefined ? {} : { report: this.#report }),
      end,
    });
  }

  /** Commit at the next checkpoint, and end. */
  async stop(): Promise<void> {
    await this.#o.run.ending("stop");
    this.#o.process.send({ type: "stop" });
  }

  /** End now: asked first, then by force. */
  async cancel(): Promise<void> {
    this.#reason = "It was cancelled";
    await this.#o.run.ending("cancel");
    await this.#end();
  }

  /** Asks the run's source to do something. Never rejects. */
  async control(id: string, command: SourceCommand): Promise<ControlOutcome> {
    const answered = new AbortController();
    const answer = new Promise<ControlOutcome>((resolve) => this.#controls.set(id, resolve));
    this.#o.process.send({ type: "control", id, command });
    const over = AbortSignal.any([answered.signal, this.#over.signal]);
    const late = this.#o.clock.sleep(CONTROL_MS, over).then(() => NO_ANSWER);
    const outcome = await Promise.race([answer, late]);
    answered.abort();
    this.#controls.delete(id);
    return outcome;
  }

  /** Another holds the run, or may: it ends at once, and nothing is recorded. */
  lose(): void {
    this.#lost = true;
    this.#o.process.kill();
  }

  /**
   * The worker goes: the run commits at its next checkpoint or is ended, is queued again, and goes on where it was.
   * @param now ends it without waiting
   */
  interrupt(now: boolean): void {
    this.#interrupted = true;
    if (now) this.#o.process.kill();
    else this.#o.process.send({ type: "stop" });
  }

  async #hand(task: () => Promise<RunTask>): Promise<void> {
    try {
      this.#o.process.send({ type: "run", task: await task() });
    } catch (error) {
      this.#reason = `It could not be started: ${error instanceof Error ? error.message : String(error)}`;
      this.#o.process.kill();
    }
  }

  async #end(): Promise<void> {
    const { process: child, clock, graceMs = GRACE_MS } = this.#o;
    child.terminate();
    await clock.sleep(graceMs, this.#over.signal);
    if (!this.#over.signal.aborted) child.kill();
  }

  #hear(message: FromProcess): void {
    switch (message.type) {
      case "event":
        this.#progress.observe(message.event, this.#now());
        this.#meter.observe(message.event);
        for (const recorder of this.#o.recorders ?? []) recorder.observe(message.event);
        this.#o.onEvent?.(message.event);
        break;
      case "attempt":
        void this.#attempt(message.number, message.above);
        break;
      case "enqueue":
        void this.#enqueue(message);
        break;
      case "task-progress":
        this.#jobProgress = message.progress;
        this.#progress.dirty = true;
        break;
      case "controlled":
        this.#controls.get(message.id)?.(message.outcome);
        break;
      case "exception":
        this.#exceptions++;
        this.#lastException = {
          message: message.message,
          ...(message.stack === undefined ? {} : { stack: message.stack }),
        };
        break;
      case "report":
        this.#report = message.report;
        this.#usage = message.usage;
        this.#result = message.result;
        break;
      default:
    }
  }

  async #attempt(number: number, above: bigint): Promise<void> {
    const { process: child, nextAttempt } = this.#o;
    try {
      child.send({ type: "attempt", number, attempt: await nextAttempt(above) });
    } catch (error) {
      child.send({
        type: "refused",
        number,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }

  /** While the database is away the run's code waits, for as long as the run is held. */
  async #enqueue({ number, id, job }: Extract<FromProcess, { type: "enqueue" }>): Promise<void> {
    const { process: child, enqueue, clock } = this.#o;
    for (let failures = 0; child.alive; failures++) {
      try {
        return child.send({ type: "enqueued", number, ...(await enqueue(id, job)) });
      } catch (error) {
        if (failures >= ENQUEUE_TRIES) {
          const message = error instanceof Error ? error.message : String(error);
          return child.send({ type: "refused", number, message });
        }
        await clock.sleep(Math.min(5_000, 100 * 2 ** failures), this.#over.signal);
      }
    }
  }

  #line(stream: RunLine["stream"], text: string): void {
    const at = this.#now();
    this.#progress.note({ at, level: stream === "stderr" ? "warn" : "info", message: text });
    this.#o.onLine?.({ at, stream, text });
  }

  async #recordRegularly(): Promise<void> {
    while (!this.#over.signal.aborted) {
      await this.#o.clock.sleep(RECORD_MS, this.#over.signal);
      if (this.#progress.dirty && !this.#over.signal.aborted) await this.#record();
    }
  }

  #record(): Promise<unknown> {
    this.#progress.dirty = false;
    const events = this.#progress.takeEvents();
    this.#recording = this.#recording
      .then(async () => {
        if (!(await this.#o.run.record(this.#progress.state))) return this.lose();
        if (events.length > 0) await this.#o.run.tell(events);
        await this.#recordJobProgress();
      })
      // The run goes on without; its end is recorded with everything that it came to.
      .catch(() => undefined);
    return this.#recording;
  }

  async #recordJobProgress(): Promise<void> {
    const progress = this.#jobProgress;
    this.#jobProgress = undefined;
    if (progress !== undefined) await this.#o.run.progress(progress);
  }

  async #watchMemory(): Promise<void> {
    const { process: child, clock } = this.#o;
    const { memoryMb } = child;
    const limit = (memoryMb + Math.max(BESIDES_HEAP.atLeastMb, memoryMb * BESIDES_HEAP.share)) * 1_048_576;
    for (let samples = 0; !this.#over.signal.aborted; samples++) {
      const memory = await child.sampleMemory();
      this.#meter.sample({ at: clock.monotonic(), memoryBytes: memory, cpuMs: await child.sampleCpu() });
      // What is not recorded now is with the next.
      if (samples % MEASURE_EVERY === 1) void this.#o.run.measured(this.#meter.measures).catch(() => false);
      if (memory !== undefined && memory > limit) {
        this.#reason = `Its process used ${Math.round(memory / 1_048_576)} MiB, more than limits.memoryMb (${memoryMb}) allows`;
        child.kill();
        return;
      }
      await clock.sleep(MEMORY_MS, this.#over.signal);
    }
  }

  async #watchTime(): Promise<void> {
    const { timeoutSeconds } = this.#o.run.claim;
    if (timeoutSeconds === 0) return;
    await this.#o.clock.sleep(timeoutSeconds * 1_000, this.#over.signal);
    if (this.#over.signal.aborted) return;
    this.#reason = `It took longer than limits.timeoutSeconds (${timeoutSeconds})`;
    await this.#o.run.ending("timeout").catch(() => false);
    await this.#end();
  }

  async #recordEnd(end: ProcessEnd, clock: Clock): Promise<void> {
    const { run } = this.#o;
    const report = this.#report;
    // While the database is away the run is still held; when the hold is lost somebody else records its end.
    for (let failures = 0; !this.#lost; failures++) {
      try {
        await run.record(this.#progress.state);
        const events = this.#progress.takeEvents();
        if (events.length > 0) await run.tell(events);
        await this.#recordJobProgress();
        if (report !== undefined && !this.#ended(report))
          await run.finish(report, this.#progress.state, end, this.#result);
        else if (this.#interrupted) await run.died("Its worker was stopped", end, true);
        else await run.died(this.#reason ?? reasonOf(end), end);
        return;
      } catch {
        await clock.sleep(Math.min(5_000, 100 * 2 ** failures));
      }
    }
  }

  /** What ended it says more than its report: a cancelled run that managed to stop was cancelled. */
  #ended(report: RunReport): boolean {
    if (this.#interrupted && report.status === "stopped") return true;
    return this.#reason !== undefined && report.status !== "succeeded";
  }

  #now(): string {
    return new Date(this.#o.clock.now()).toISOString();
  }
}

const NO_ANSWER: ControlOutcome = {
  done: false,
  code: "MLR_SOURCE_FAILED",
  message: "The run's source did not answer in time, or the run has ended",
};

function reasonOf({ exitCode, signal, lastException }: ProcessEnd): string {
  const thrown = lastException === null ? "" : `: ${lastException.message}`;
  if (signal !== null) return `Its process was ended by ${signal}${thrown}`;
  if (exitCode === 134 || exitCode === 5)
    return `Its process ran out of memory (exit code ${exitCode})${thrown}`;
  return `Its process ended with exit code ${exitCode} before the run was over${thrown}`;
}
