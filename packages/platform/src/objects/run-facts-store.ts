import type { Clock, FileRead, FunctionCalls, TouchedObject } from "@millrace/core";
import type pg from "pg";
import { controlFailure } from "../store/control-connection.ts";
import type { FactsFallback } from "./facts-fallback.ts";
import { putRunFacts } from "./put-run-facts.ts";
import { type FactsOf, runFactsRecorder, type RunFactsRecorder } from "./run-facts-recorder.ts";

/** A watched function over several runs. */
export interface FunctionSummary extends FunctionCalls {
  readonly pipeline: string;
  /** Runs that called it. */
  readonly runs: number;
  /** ISO 8601: when it was last heard of. */
  readonly lastAt: string;
}

/** Which functions are wanted. */
export interface FunctionsQuery {
  /** Only this pipeline's. */
  readonly pipeline?: string;
  /** Only calls that were told from then on. */
  readonly since?: Date;
  /** Default 50. */
  readonly limit?: number;
}

/** A pipeline that touches something, and how. */
export interface ObjectUse extends TouchedObject {
  readonly pipeline: string;
  /** Runs that did. */
  readonly runs: number;
  /** The last of them. */
  readonly lastRun: string;
  /** ISO 8601. */
  readonly lastAt: string;
}

/** Which uses are wanted. */
export interface ObjectsQuery {
  /** A name, with its database schema before it or without; upper and lower case are the same. Default: all. */
  readonly name?: string;
  /** Only this pipeline's. */
  readonly pipeline?: string;
  /** Default 200. */
  readonly limit?: number;
}

/** What runs did inside: calls of watched functions, and what they touched in databases. */
export class RunFactsStore {
  readonly #pool: pg.Pool;
  readonly #fallback: FactsFallback;
  readonly #clock: Clock;
  readonly #url: string;

  constructor(options: {
    readonly pool: pg.Pool;
    readonly fallback: FactsFallback;
    readonly clock: Clock;
    /** For messages. */
    readonly url: string;
  }) {
    this.#pool = options.pool;
    this.#fallback = options.fallback;
    this.#clock = options.clock;
    this.#url = options.url;
  }

  /** Keeps the facts of a run. */
  recorder(run: FactsOf): RunFactsRecorder {
    return runFactsRecorder({ pool: this.#pool, fallback: this.#fallback, clock: this.#clock }, run);
  }

  /** The functions of a run, those that took longest in all first; of several processes p95 is the highest. Fails with MLR_CONTROL_UNAVAILABLE. */
  async functionsOf(run: string): Promise<readonly FunctionCalls[]> {
    const rows = await this.#query<CallsRow>(
      `SELECT name, ${SUMS} FROM millrace_control.function_calls WHERE run = $1 GROUP BY name ${SLOWEST}`,
      [run],
    );
    return rows.map(callsOf);
  }

  /** Functions over the runs that called them, those that took longest in all first. Fails with MLR_CONTROL_UNAVAILABLE. */
  async functions(query: FunctionsQuery = {}): Promise<readonly FunctionSummary[]> {
    const rows = await this.#query<CallsRow & { pipeline: string; runs: string; last_at: Date }>(
      // Runs with several attempts count once, which is looked up for what is shown alone: over all it takes three times as long.
      `SELECT shown.*, (SELECT count(DISTINCT run) FROM millrace_control.function_calls AS of_it
         WHERE of_it.pipeline = shown.pipeline AND of_it.name = shown.name AND ($2::timestamptz IS NULL OR of_it.at >= $2)) AS runs
       FROM (SELECT pipeline, name, ${SUMS}, max(at) AS last_at FROM millrace_control.function_calls
         WHERE ($1::text IS NULL OR pipeline = $1) AND ($2::timestamptz IS NULL OR at >= $2)
         GROUP BY pipeline, name ${SLOWEST} LIMIT $3) AS shown
       ORDER BY shown.total_ms DESC, shown.name`,
      [query.pipeline ?? null, query.since ?? null, query.limit ?? 50],
    );
    return rows.map((row) => ({
      pipeline: row.pipeline,
      ...callsOf(row),
      runs: Number(row.runs),
      lastAt: row.last_at.toISOString(),
    }));
  }

  /** What a run touched. Fails with MLR_CONTROL_UNAVAILABLE. */
  async objectsOf(run: string): Promise<readonly TouchedObject[]> {
    const rows = await this.#query<ObjectRow>(
      `SELECT database, namespace, name, kind, use FROM millrace_control.run_objects WHERE run = $1
       ORDER BY database, namespace, name, kind, use`,
      [run],
    );
    return rows.map(objectOf);
  }

  /** The files that a run read, by name, at most `limit` (default 1,000) behind the name `after`. Fails with MLR_CONTROL_UNAVAILABLE. */
  async filesOf(
    run: string,
    { after = "", limit = 1_000 }: { readonly after?: string | undefined; readonly limit?: number } = {},
  ): Promise<readonly (FileRead & { readonly at: string })[]> {
    const rows = await this.#query<{
      name: string;
      bytes: string;
      rows: string;
      hash: string | null;
      at: Date;
    }>(
      `SELECT name, bytes, rows, encode(hash, 'hex') AS hash, at FROM millrace_control.files
       WHERE run = $1 AND name > $2 ORDER BY name LIMIT $3`,
      [run, after, limit],
    );
    return rows.map(({ hash, at, ...row }) => ({
      name: row.name,
      bytes: Number(row.bytes),
      rows: Number(row.rows),
      ...(hash === null ? {} : { hash }),
      at: at.toISOString(),
    }));
  }

  /** Who touches what. Fails with MLR_CONTROL_UNAVAILABLE. */
  async objects(query: ObjectsQuery = {}): Promise<readonly ObjectUse[]> {
    const { namespace, name } = splitName(query.name);
    const rows = await this.#query<
      ObjectRow & { pipeline: string; runs: string; last_run: string; last_at: Date }
    >(OBJECTS, [name ?? null, namespace ?? null, query.pipeline ?? null, query.limit ?? 200]);
    return rows.map((row) => ({
      ...objectOf(row),
      pipeline: row.pipeline,
      runs: Number(row.runs),
      lastRun: row.last_run,
      lastAt: row.last_at.toISOString(),
    }));
  }

  /** Brings facts that were kept in files into the database. Never throws. */
  async takeIn(): Promise<void> {
    await this.#fallback.takeIn((facts) => putRunFacts(this.#pool, facts));
  }

  async #query<R extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      return (await this.#pool.query<R>(sql, [...values])).rows;
    } catch (error) {
      throw controlFailure(error, this.#url);
    }
  }
}

interface CallsRow {
  readonly name: string;
  readonly calls: string;
  readonly errors: string;
  readonly total_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
}

interface ObjectRow {
  readonly database: string;
  readonly namespace: string;
  readonly name: string;
  // Written by `putRunFacts` alone.
  readonly kind: TouchedObject["kind"];
  readonly use: TouchedObject["use"];
}

function callsOf({ name, total_ms: totalMs, p95_ms: p95Ms, max_ms: maxMs, ...row }: CallsRow): FunctionCalls {
  const calls = Number(row.calls);
  return {
    name,
    calls,
    errors: Number(row.errors),
    totalMs,
    meanMs: calls === 0 ? 0 : totalMs / calls,
    p95Ms,
    maxMs,
  };
}

function objectOf({ database, namespace, name, kind, use }: ObjectRow): TouchedObject {
  return { database, kind, ...(namespace === "" ? {} : { namespace }), name, use };
}

/** `sales.orders` is table `orders` in schema `sales`; a name with more parts keeps the last two. */
function splitName(text: string | undefined): { name?: string; namespace?: string } {
  if (text === undefined) return {};
  const parts = text.split(".");
  const name = parts.at(-1);
  const namespace = parts.at(-2);
  if (name === undefined || name === "" || namespace === undefined || namespace === "") return { name: text };
  return { name, namespace };
}

const SUMS = `sum(calls) AS calls, sum(errors) AS errors, sum(total_ms) AS total_ms, max(p95_ms) AS p95_ms,
  max(max_ms) AS max_ms`;
const SLOWEST = "ORDER BY sum(total_ms) DESC, name";

/** Who writes without saying the schema may mean the one that was asked for. */
const OBJECTS = `
  SELECT pipeline, database, namespace, name, kind, use, count(*) AS runs, max(at) AS last_at,
    (array_agg(run ORDER BY at DESC, run DESC))[1] AS last_run
  FROM millrace_control.run_objects
  WHERE ($1::text IS NULL OR lower(name) = lower($1))
    AND ($2::text IS NULL OR namespace = '' OR lower(namespace) = lower($2) OR lower(namespace) LIKE '%.' || lower($2))
    AND ($3::text IS NULL OR pipeline = $3)
  GROUP BY pipeline, database, namespace, name, kind, use
  ORDER BY database, namespace, name, pipeline, kind, use LIMIT $4`;
