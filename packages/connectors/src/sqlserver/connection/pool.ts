import { MillraceError } from "@millrace/core";
import type { Connection } from "./connection.ts";

interface Waiter {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: unknown) => void;
}

/** A few connections that are used in turn. */
export class Pool {
  readonly #open: () => Promise<Connection>;
  readonly #most: number;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #waiting: Waiter[] = [];
  #opening = 0;
  #closed = false;

  constructor(open: () => Promise<Connection>, most: number) {
    this.#open = open;
    this.#most = most;
  }

  /**
   * Lends a connection for as long as `work` takes.
   * @param leavesTraces the session's settings and temporary tables may be others afterwards, and are set back.
   */
  async use<T>(leavesTraces: boolean, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.take();
    try {
      return await work(connection);
    } finally {
      await this.give(connection, leavesTraces);
    }
  }

  /** Takes a connection, which has to be given back. */
  async take(): Promise<Connection> {
    if (this.#closed) throw closed();
    const idle = this.#idle.pop();
    if (idle !== undefined && !idle.lost) return idle;
    if (idle !== undefined) await this.#forget(idle);
    if (this.#all.size + this.#opening < this.#most) return this.#connect();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Gives a connection back. */
  async give(connection: Connection, leavesTraces: boolean): Promise<void> {
    if (!connection.lost && !this.#closed) {
      try {
        if (connection.inTransaction) await connection.rollback("giving a connection back");
        if (leavesTraces) await connection.reset("giving a connection back");
      } catch {
        // What cannot be set back is not used again.
        await this.#forget(connection);
      }
    }
    if (connection.lost || connection.closed || this.#closed) {
      await this.#forget(connection);
      this.#replace();
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#idle.push(connection);
    else waiter.resolve(connection);
  }

  /** Closes all connections, also those that are in use. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await Promise.all([...this.#all].map((connection) => this.#forget(connection)));
  }

  async #connect(): Promise<Connection> {
    this.#opening += 1;
    try {
      const connection = await this.#open();
      this.#all.add(connection);
      return connection;
    } finally {
      this.#opening -= 1;
    }
  }

  async #forget(connection: Connection): Promise<void> {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    await connection.close();
  }

  /** Whoever waits gets a new connection in place of one that was lost. */
  #replace(): void {
    if (this.#closed || this.#all.size + this.#opening >= this.#most) return;
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) this.#connect().then(waiter.resolve, waiter.reject);
  }
}

function closed(): MillraceError {
  return new MillraceError("MLR_DATABASE_FAILED", "the database was closed and cannot be used any more");
}
