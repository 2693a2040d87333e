import type { Clock } from "../clock.ts";
import { MillraceError } from "../errors.ts";
import { redactor } from "../redactor.ts";
import type { TaskProgress } from "./task-context.ts";

/** Progress is passed on at most so often, in milliseconds. */
const TELL_MS = 200;
/** Characters of a note that are kept. */
const LONGEST_NOTE = 500;

/** Passes on how far a job is: the first at once, then the latest every so often, and the last when it is closed. */
export class TaskProgressTeller {
  readonly #clock: Clock;
  readonly #pass: (progress: TaskProgress) => void;
  readonly #over = new AbortController();
  #waiting: TaskProgress | undefined;
  #resting = false;

  constructor(clock: Clock, pass: (progress: TaskProgress) => void) {
    this.#clock = clock;
    this.#pass = pass;
  }

  /** Fails with MLR_ARGUMENT_INVALID for what are no numbers. */
  tell({ done, total, note }: TaskProgress): void {
    if (!isAmount(done) || (total !== null && !isAmount(total))) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `context.progress was given ${String(done)} of ${String(total)}, which are no amounts`,
        {
          hint: "Write context.progress(done, total, note) with numbers from 0 up; total and note may be left out.",
        },
      );
    }
    if (this.#over.signal.aborted) return;
    this.#waiting = { done, total, note: note === null ? null : clip(redactor.text(String(note))) };
    if (!this.#resting) void this.#passOn();
  }

  /** Passes on what is left. Idempotent. */
  close(): void {
    this.#over.abort();
    this.#flush();
  }

  async #passOn(): Promise<void> {
    this.#resting = true;
    this.#flush();
    await this.#clock.sleep(TELL_MS, this.#over.signal);
    this.#resting = false;
    if (this.#waiting !== undefined && !this.#over.signal.aborted) void this.#passOn();
  }

  #flush(): void {
    const told = this.#waiting;
    this.#waiting = undefined;
    if (told !== undefined) this.#pass(told);
  }
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function clip(text: string): string {
  return text.length > LONGEST_NOTE ? `${text.slice(0, LONGEST_NOTE - 1)}…` : text;
}
