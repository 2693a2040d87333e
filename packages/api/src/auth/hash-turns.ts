import { MillraceError } from "@millrace/core";

/** Hashes at the same time: each takes 32 MiB and a core. */
const AT_ONCE = 2;
/** Those who may wait for one of them; the last waits some ten seconds. */
const WAITING = 60;

/**
 * Lets a few passwords be hashed at a time, so that many sign-ins take neither all memory nor all threads. Fails with
 * MLR_SIGN_IN_LIMIT where too many wait.
 */
export class HashTurns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  async take<T>(hash: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= WAITING) {
        throw new MillraceError("MLR_SIGN_IN_LIMIT", "Too many people sign in at this moment", {
          hint: "Try again in a few seconds.",
          details: { retryAfterSeconds: 5 },
        });
      }
      // Whoever ends hands its place over, so that nobody overtakes.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await hash();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
