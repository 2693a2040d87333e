import { finished } from "node:stream/promises";
import { MillraceError } from "@millrace/core";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { RoutedRecord } from "../../log-record.ts";
import type { LogSink, RefusedRecord } from "../../log-sink.ts";
import { splitRefused } from "../split-refused.ts";
import { COPY_COLUMNS, copyLine } from "./copy-line.ts";
import { dayOf, makeDay } from "./log-days.ts";
import { DATABASE_SINK, LOGS_CHANNEL } from "./names.ts";

/** Advisory locks that order what becomes readable of one run: a class of our own, and a bucket of runs. */
const LOCK_CLASS = 0x4d_4c_4f_47;
const BUCKETS = 64;
/** More runs than these are called `*`. */
const NAMED_RUNS = 20;

/**
 * Writes lines to `millrace_control.logs`, each once however often it comes. Of one run, lines become readable in the order
 * of their positions: a reader that remembers the highest one misses none.
 */
export class DatabaseSink implements LogSink {
  readonly name = DATABASE_SINK;
  readonly #pool: pg.Pool;
  readonly #ownsPool: boolean;
  readonly #days = new Set<string>();
  #closed: Promise<void> | undefined;

  /** @param ownsPool ended by `close`. */
  constructor(pool: pg.Pool, ownsPool: boolean) {
    this.#pool = pool;
    this.#ownsPool = ownsPool;
  }

  async write(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[]> {
    return splitRefused(batch, (part) => this.#write(part, signal), isRefusal);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#ownsPool ? this.#pool.end() : Promise.resolve());
  }

  async #write(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<void> {
    try {
      await this.#withClient(signal, (client) => this.#insert(client, batch));
    } catch (error) {
      throw isRefusal(error) ? error : failure(error);
    }
  }

  async #insert(client: pg.PoolClient, batch: readonly RoutedRecord[]): Promise<void> {
    const lines = Buffer.from(batch.map(copyLine).join(""));
    try {
      await this.#makeDays(client, batch);
      await copyInto(client, batch, lines, COPY_STRAIGHT);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== DUPLICATE && code !== NO_PARTITION) throw error;
      await client.query("ROLLBACK");
      // A day that was dropped meanwhile comes back with its late lines.
      this.#days.clear();
      await this.#makeDays(client, batch);
      await copyInto(client, batch, lines, COPY_NEW);
    }
  }

  async #makeDays(client: pg.PoolClient, batch: readonly RoutedRecord[]): Promise<void> {
    for (const { at } of batch) {
      const day = dayOf(at);
      if (this.#days.has(day)) continue;
      await makeDay(client, day);
      this.#days.add(day);
    }
  }

  /** Ends the connection where the work fails or `signal` is aborted: the server then takes back what was not committed. */
  async #withClient(signal: AbortSignal, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    const client = await this.#pool.connect();
    if (signal.aborted) client.release();
    // Connecting may have taken longer than the batch was given.
    signal.throwIfAborted();
    let released = false;
    let broken = false;
    const release = (failed: boolean): void => {
      if (released) return;
      released = true;
      broken = failed;
      client.release(failed);
    };
    const abort = (): void => release(true);
    // Between two statements nobody else hears that the server ended the connection; the next statement fails by itself.
    client.on("error", ignore);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await work(client);
      release(false);
    } catch (error) {
      release(true);
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      if (!broken) client.removeListener("error", ignore);
    }
  }
}

/** How lines get into the table. */
interface CopyWay {
  readonly before: string;
  readonly table: string;
  readonly after: string;
}

/** The quick way; fails where a line is there already. */
const COPY_STRAIGHT: CopyWay = { before: "", table: "millrace_control.logs", after: "" };
/** Leaves out lines that are there already. */
const COPY_NEW: CopyWay = {
  before: `CREATE TEMP TABLE millrace_logs_in ON COMMIT DROP AS SELECT ${COPY_COLUMNS} FROM millrace_control.logs WITH NO DATA;`,
  table: "pg_temp.millrace_logs_in",
  after: `INSERT INTO millrace_control.logs (${COPY_COLUMNS}) SELECT ${COPY_COLUMNS} FROM pg_temp.millrace_logs_in ON CONFLICT (at, id) DO NOTHING;`,
};

async function copyInto(
  client: pg.PoolClient,
  batch: readonly RoutedRecord[],
  lines: Buffer,
  way: CopyWay,
): Promise<void> {
  const runs = new Set(batch.map(({ run }) => run ?? ""));
  const buckets = [...new Set([...runs].map(bucketOf))].toSorted((a, b) => a - b);
  const locks = buckets.map((bucket) => `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, ${bucket});`).join("");
  // Who is stopped while it holds the locks must not hold up the others.
  await client.query(
    `BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL idle_in_transaction_session_timeout = '10s'; ${way.before} ${locks}`,
  );
  const stream = client.query(copyFrom(`COPY ${way.table} (${COPY_COLUMNS}) FROM STDIN`));
  stream.end(lines);
  await finished(stream);
  const named = [...runs].filter((run) => run !== "");
  const payload =
    named.length > NAMED_RUNS ? "*" : named.filter((run) => /^[\da-f-]{36}$/i.test(run)).join(",");
  // The hint is a transaction of its own: a commit that notifies holds up every other one that does.
  await client.query(`${way.after} COMMIT; SELECT pg_notify('${LOGS_CHANNEL}', '${payload}')`);
}

function ignore(): void {
  // See where it is used.
}

function bucketOf(run: string): number {
  let hash = 0;
  for (let at = 0; at < run.length; at += 1) hash = (hash * 31 + run.charCodeAt(at)) | 0;
  return Math.abs(hash) % BUCKETS;
}

const DUPLICATE = "23505";
const NO_PARTITION = "23514";

/** The data itself is at fault, not the server. */
function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && (code.startsWith("22") || code === NO_PARTITION || code === "54000");
}

function failure(error: unknown): MillraceError {
  const { code = "", message } = error as { code?: string; message?: string };
  return new MillraceError(
    "MLR_LOG_SINK_FAILED",
    `The control database did not take log lines: ${message || code}`,
    {
      hint: "The lines are kept in files, and brought to it when it answers again. `millrace doctor` looks at the database.",
      ...(code === "" ? {} : { details: { code } }),
      cause: error,
    },
  );
}
