import type pg from "pg";
import { LOGS_CHANNEL } from "../sinks/database/names.ts";

/** Wakes those who follow runs when lines came. A hint only: where the connection fails, nobody is woken, and nothing else happens. */
export class LogHints {
  readonly #connect: () => pg.Client;
  readonly #waiting = new Map<() => void, string>();
  #client: Promise<pg.Client | undefined> | undefined;

  /** @param connect makes a client of its own, not connected yet; it is closed when nobody waits for long. */
  constructor(connect: () => pg.Client) {
    this.#connect = connect;
  }

  /** Listens, until the returned function is called, and calls `wake` for lines of `run`. */
  listen(run: string, wake: () => void): () => Promise<void> {
    this.#waiting.set(wake, run);
    this.#client ??= this.#open();
    return async () => {
      this.#waiting.delete(wake);
      if (this.#waiting.size > 0) return;
      const client = this.#client;
      this.#client = undefined;
      await (await client)?.end().catch(() => undefined);
    };
  }

  async #open(): Promise<pg.Client | undefined> {
    const client = this.#connect();
    const lost = (): void => {
      this.#client = undefined;
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ payload = "" }) => {
      for (const [wake, run] of this.#waiting) if (payload === "*" || payload.includes(run)) wake();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${LOGS_CHANNEL}`);
      return client;
    } catch {
      lost();
      return undefined;
    }
  }
}
