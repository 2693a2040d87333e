import { systemClock, type Clock } from "@millrace/core";
import type pg from "pg";
import { controlClient, controlFailure, controlPool } from "../../../store/control-connection.ts";
import { levelRank, type LogLevel } from "../log-record.ts";
import { LogHints } from "./log-hints.ts";
import { type LogRow, type StoredLog, storedLog } from "./stored-log.ts";

/** Which lines are wanted. */
export interface LogFilter {
  /** Of at least this level. */
  readonly level?: LogLevel;
  /** Text that the message or the fields hold; capitals do not count. */
  readonly search?: string;
}

/** Which lines of any run, or of none, are wanted. */
export interface ListLogs extends LogFilter {
  readonly run?: string;
  readonly pipeline?: string;
  readonly group?: string;
  readonly worker?: string;
  /** Lines of this time or later. */
  readonly from?: Date;
  /** Lines before this time. */
  readonly until?: Date;
  /** Only lines older than this one: the last of the page before. */
  readonly before?: Pick<StoredLog, "at" | "id">;
  /** At most so many. Default 200. */
  readonly limit?: number;
}

/** How a run is followed. */
export interface TailLogs extends LogFilter {
  /** Position of the last line that is known; default: from the first line on. */
  readonly afterId?: number;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** How often it is looked, in milliseconds, where no hint comes. Default 1,000. */
  readonly pollMs?: number;
}

/** Where lines are read. */
export interface LogStoreOptions {
  /** URL of the control database. */
  readonly url: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const PAGE = 1000;

/** Reads the log lines of the control database. Everything fails with MLR_CONTROL_UNAVAILABLE. */
export class LogStore {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #pool: pg.Pool;
  readonly #hints: LogHints;
  #closed: Promise<void> | undefined;

  constructor({ url, clock = systemClock }: LogStoreOptions) {
    this.#url = url;
    this.#clock = clock;
    this.#pool = controlPool(url);
    this.#hints = new LogHints(() => controlClient(url, 10_000));
  }

  /** Newest first, by the time that the lines say. */
  async list(options: ListLogs = {}): Promise<StoredLog[]> {
    const where = new Conditions();
    this.#filter(where, options);
    where.add("run = ?", options.run);
    where.add("pipeline = ?", options.pipeline);
    where.add('"group" = ?', options.group);
    where.add("worker = ?", options.worker);
    where.add("at >= ?", options.from);
    where.add("at < ?", options.until);
    if (options.before !== undefined) {
      where.add("at <= ?", options.before.at);
      where.add("(at, id) < (?::timestamptz, ?::uuid)", options.before.at, options.before.id);
    }
    return this.#query(
      `WHERE ${where.sql} ORDER BY at DESC, id DESC LIMIT ${options.limit ?? 200}`,
      where.values,
    );
  }

  /** The last lines of a run, oldest first. */
  async last(run: string, count: number, filter: LogFilter = {}): Promise<StoredLog[]> {
    const where = new Conditions();
    where.add("run = ?", run);
    this.#filter(where, filter);
    const found = await this.#query(`WHERE ${where.sql} ORDER BY position DESC LIMIT ${count}`, where.values);
    return found.reverse();
  }

  /** Lines of a run in the order in which they became readable, a page at a time, from `after` on. */
  async after(run: string, after: number, filter: LogFilter = {}): Promise<StoredLog[]> {
    const where = new Conditions();
    where.add("run = ?", run);
    where.add("position > ?", after);
    this.#filter(where, filter);
    return this.#query(`WHERE ${where.sql} ORDER BY position LIMIT ${PAGE}`, where.values);
  }

  /**
   * Follows a run: yields the lines that are there, then those that come, until `signal` ends it; then what came until that
   * moment. A control database that does not answer is waited for.
   */
  async *tail(run: string, options: TailLogs): AsyncGenerator<readonly StoredLog[], void, void> {
    const { signal, pollMs = 1000 } = options;
    let position = options.afterId ?? 0;
    let woken = new AbortController();
    const stopListening = this.#hints.listen(run, () => woken.abort());
    try {
      for (;;) {
        const last = signal.aborted;
        woken = new AbortController();
        const { head, lines } = await this.#patiently(last, () => this.#next(run, position, options));
        const full = lines.length === PAGE;
        const reached = lines.at(-1)?.position ?? position;
        // What does not fit the filter is not looked at again.
        position = full ? reached : Math.max(reached, head);
        if (lines.length > 0) yield lines;
        if (full) continue;
        if (last) return;
        await this.#clock.sleep(pollMs, AbortSignal.any([woken.signal, signal]));
      }
    } finally {
      await stopListening();
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#pool.end());
  }

  /** A page of lines behind `position`, and the highest position that it has looked at. */
  async #next(run: string, position: number, filter: LogFilter): Promise<Page> {
    const [newest] = await this.last(run, 1);
    const lines =
      newest === undefined || newest.position <= position ? [] : await this.after(run, position, filter);
    return { lines, head: newest?.position ?? 0 };
  }

  async #patiently(last: boolean, read: () => Promise<Page>): Promise<Page> {
    try {
      return await read();
    } catch (error) {
      if (last || controlFailure(error, this.#url).retry === "never") throw error;
      return { lines: [], head: 0 };
    }
  }

  #filter(where: Conditions, { level, search }: LogFilter): void {
    if (level !== undefined && level !== "trace") where.add("level >= ?", levelRank(level));
    if (search === undefined || search === "") return;
    const pattern = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
    where.add("(message ILIKE ? OR fields::text ILIKE ?)", pattern, pattern);
  }

  async #query(rest: string, values: readonly unknown[]): Promise<StoredLog[]> {
    const sql = `SELECT id, at, position, level, run, attempt, pipeline, "group", worker, logger, stream, message, fields
      FROM millrace_control.logs ${rest}`;
    try {
      return (await this.#pool.query<LogRow>(sql, [...values])).rows.map(storedLog);
    } catch (error) {
      throw controlFailure(error, this.#url);
    }
  }
}

interface Page {
  readonly lines: readonly StoredLog[];
  readonly head: number;
}

/** Conditions that are joined by AND. */
class Conditions {
  readonly values: unknown[] = [];
  #sql = "true";

  /** Adds a condition with a `?` for each value; none where the first value is undefined. */
  add(condition: string, ...values: readonly unknown[]): void {
    if (values[0] === undefined) return;
    let at = this.values.length;
    this.#sql += ` AND ${condition.replaceAll("?", () => `$${(at += 1)}`)}`;
    this.values.push(...values);
  }

  get sql(): string {
    return this.#sql;
  }
}
