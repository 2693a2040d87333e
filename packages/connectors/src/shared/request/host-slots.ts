/** Lets so many requests to one host go on at the same time; further ones wait in the order they came. */
export class HostSlots {
  readonly #most: number;
  readonly #busy = new Map<string, { count: number; readonly waiting: (() => void)[] }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Waits for a slot of a host. Fails with the signal's reason. */
  async acquire(host: string, signal?: AbortSignal): Promise<HostSlot> {
    signal?.throwIfAborted();
    const entry = this.#busy.get(host) ?? { count: 0, waiting: [] };
    this.#busy.set(host, entry);
    if (entry.count < this.#most) entry.count++;
    else await waitTurn(entry.waiting, signal);
    return new HostSlot(host, () => this.#release(host, entry));
  }

  #release(host: string, entry: { count: number; readonly waiting: (() => void)[] }): void {
    const next = entry.waiting.shift();
    // The slot goes from hand to hand, so that nobody who comes now overtakes.
    if (next !== undefined) return next();
    entry.count--;
    if (entry.count === 0) this.#busy.delete(host);
  }
}

/** The right to one request to a host. Release it. */
export class HostSlot {
  readonly host: string;
  #release: (() => void) | undefined;

  constructor(host: string, release: () => void) {
    this.host = host;
    this.#release = release;
  }

  /** May be called again. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

function waitTurn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    const abort = (): void => {
      waiting.splice(waiting.indexOf(turn), 1);
      reject(signal?.reason as Error);
    };
    waiting.push(turn);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
