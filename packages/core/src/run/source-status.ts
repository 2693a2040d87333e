import type { Clock } from "../clock.ts";
import type { Json } from "../json.ts";

/** Milliseconds between two statuses of one kind. */
const EVERY_MS = 1_000;

/** Tells on how a source does, for each kind at most once a second and always the latest. */
export class SourceStatus {
  readonly #tell: (kind: string, status: Json) => void;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  readonly #last = new Map<string, number>();
  readonly #waiting = new Map<string, Json>();

  constructor(clock: Clock, tell: (kind: string, status: Json) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  tell(kind: string, status: Json): void {
    if (this.#closed.signal.aborted) return;
    if (this.#waiting.has(kind)) {
      this.#waiting.set(kind, status);
      return;
    }
    const now = this.#clock.monotonic();
    const wait = (this.#last.get(kind) ?? now - EVERY_MS) + EVERY_MS - now;
    if (wait <= 0) return this.#say(kind, status);
    this.#waiting.set(kind, status);
    void this.#clock.sleep(wait, this.#closed.signal).then(() => this.#flush(kind));
  }

  /** Says what still waits, and nothing more. */
  close(): void {
    for (const kind of this.#waiting.keys()) this.#flush(kind);
    this.#closed.abort();
  }

  #flush(kind: string): void {
    const status = this.#waiting.get(kind);
    if (status === undefined) return;
    this.#waiting.delete(kind);
    this.#say(kind, status);
  }

  #say(kind: string, status: Json): void {
    this.#last.set(kind, this.#clock.monotonic());
    this.#tell(kind, status);
  }
}
