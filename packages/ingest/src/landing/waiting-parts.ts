import { MillraceError } from "@millrace/core";
import type { Submission } from "./submission.ts";

/** How much may wait, and how much lands together. */
export interface WaitingLimits {
  /** Rows that may wait. */
  readonly rows: number;
  /** Bytes that may wait, as they were sent. */
  readonly bytes: number;
  /** Rows of one commit. */
  readonly commitRows: number;
  /** Bytes of one commit, as they were sent. */
  readonly commitBytes: number;
}

/** Parts that wait for the next commit, in the order in which they came. Bounded: what has no room is refused. */
export class WaitingParts {
  readonly #limits: WaitingLimits;
  #parts: Submission[] = [];
  #rows = 0;
  #bytes = 0;
  #wake: (() => void) | undefined;

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#parts.length;
  }

  /** Fails with MLR_PUSH_BUSY. A part larger than all the room is taken where nothing else waits. */
  add(submission: Submission): void {
    const { part } = submission;
    const { rows, bytes } = this.#limits;
    if (this.#parts.length > 0 && (this.#rows + part.count > rows || this.#bytes + part.bytes > bytes)) {
      throw new MillraceError(
        "MLR_PUSH_BUSY",
        `${this.#rows} rows wait to be committed, and there is no room for more`,
        {
          hint: "Send it again after the time that the answer says, with the same batch id.",
          details: { retryAfterSeconds: 1 },
        },
      );
    }
    this.#push(submission);
    this.#wake?.();
  }

  /** In front of all others, in their order. */
  putBack(submissions: readonly Submission[]): void {
    const rest = this.#parts;
    this.#parts = [];
    this.#rows = this.#bytes = 0;
    for (const each of [...submissions, ...rest]) this.#push(each);
    this.#wake?.();
  }

  /** The next group, once there is something; undefined when `signal` is aborted first. */
  async next(signal: AbortSignal): Promise<readonly Submission[] | undefined> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener("abort", wake, { once: true });
    try {
      while (this.#parts.length === 0) {
        if (signal.aborted) return undefined;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      return signal.aborted ? undefined : this.#take();
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Takes out those that `which` holds for. */
  remove(which: (submission: Submission) => boolean): readonly Submission[] {
    const gone = this.#parts.filter(which);
    if (gone.length === 0) return gone;
    const kept = this.#parts.filter((each) => !which(each));
    this.#parts = [];
    this.#rows = this.#bytes = 0;
    for (const each of kept) this.#push(each);
    return gone;
  }

  #push(submission: Submission): void {
    this.#parts.push(submission);
    this.#rows += submission.part.count;
    this.#bytes += submission.part.bytes;
  }

  #take(): readonly Submission[] {
    const { commitRows, commitBytes } = this.#limits;
    let [rows, bytes, count] = [0, 0, 0];
    for (const { part, alone } of this.#parts) {
      const full = rows + part.count > commitRows || bytes + part.bytes > commitBytes;
      if (count > 0 && (full || alone)) break;
      rows += part.count;
      bytes += part.bytes;
      count++;
      if (alone) break;
    }
    const taken = this.#parts.splice(0, count);
    this.#rows -= rows;
    this.#bytes -= bytes;
    return taken;
  }
}
