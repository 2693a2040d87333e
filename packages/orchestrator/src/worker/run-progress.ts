import type { RunEvent } from "@millrace/core";
import { type LogLine, logLineOf, type PlatformEvent } from "@millrace/platform";
import type { RunState } from "../queue/held-run.ts";

/** Lines that a record keeps. */
const LOG_LINES = 200;

/** What the events of a run amount to: its record's state, and what others may want to know of. */
export class RunProgress {
  readonly #run: string;
  #state: RunState = { attempt: null, continues: null, counts: {}, checkpoint: {}, withheld: {}, log: [] };
  #log: LogLine[] = [];
  #told: PlatformEvent[] = [];
  /** Something came that is not recorded yet. */
  dirty = false;

  /** @param continues the interrupted run that it goes on with, where an earlier process has found one */
  constructor(run: string, continues?: string) {
    this.#run = run;
    if (continues !== undefined) this.#state = { ...this.#state, continues };
  }

  get state(): RunState {
    return { ...this.#state, log: this.#log };
  }

  /** What came since this was last asked, for those who follow the events. */
  takeEvents(): PlatformEvent[] {
    return this.#told.splice(0);
  }

  /** A line that its process wrote, or that is said about it. */
  note(line: LogLine): void {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES * 2) this.#log = this.#log.slice(-LOG_LINES);
    this.dirty = true;
  }

  observe(event: RunEvent, at: string): void {
    this.dirty = true;
    switch (event.type) {
      case "started":
        this.#set({
          attempt: event.attempt.toString(),
          ...(event.run === this.#run ? {} : { continues: event.run }),
        });
        break;
      case "committed":
        this.#set({ counts: event.totals, checkpoint: { ...this.#state.checkpoint, ...event.checkpoints } });
        this.#told.push({
          type: "run.committed",
          at,
          data: { commit: event.commit.toString(), counts: event.tables },
        });
        break;
      case "withheld":
        this.#set({ withheld: { ...this.#state.withheld, [event.table]: event.reasons } });
        break;
      default:
        this.#tell(event, at);
        this.#keepLine(event, at);
    }
  }

  #tell(event: RunEvent, at: string): void {
    if (event.type === "schema")
      this.#told.push({ type: "schema.changed", at, data: { changes: event.changes } });
    if (event.type === "rejected") {
      const { table, rows, code, message } = event;
      this.#told.push({ type: "rows.quarantined", at, data: { table, rows, code, message } });
    }
    if (event.type === "alarm") {
      const { alarm, severity, message, over } = event;
      this.#told.push({ type: "source.alarm", at, data: { alarm, severity, message, over } });
    }
    if (event.type === "retrying") {
      const { attempt, delayMs, error } = event;
      this.#told.push({ type: "run.retrying", at, data: { attempt, delayMs, error } });
    }
  }

  #keepLine(event: RunEvent, at: string): void {
    const line = logLineOf(event);
    if (line !== undefined) this.note({ at, ...line });
  }

  #set(change: Partial<RunState>): void {
    this.#state = { ...this.#state, ...change };
  }
}
