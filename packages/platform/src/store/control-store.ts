import { systemClock, type Clock } from "@millrace/core";
import type pg from "pg";
import { FactsFallback } from "../objects/facts-fallback.ts";
import { RunFactsStore } from "../objects/run-facts-store.ts";
import { QualityStore } from "../quality/quality-store.ts";
import { ResultsFallback } from "../quality/results-fallback.ts";
import { controlFailure, controlPool } from "./control-connection.ts";
import { acquireLease, type Lease, type LeaseOptions } from "./lease.ts";
import { migrate } from "./migrate.ts";
import { RunFallback } from "./run-fallback.ts";
import { RunRecords } from "./run-records.ts";

export interface ControlOptions {
  /** Folder for run records that the database does not take, usually `<project>/.millrace/fallback`. */
  readonly fallbackDirectory: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** The control database: who runs what, and what came of it. */
export interface ControlStore {
  readonly runs: RunRecords;
  /** What quality rules came to. */
  readonly quality: QualityStore;
  /** What runs did inside: calls of watched functions, and what they touched in databases. */
  readonly facts: RunFactsStore;
  /** Its connection URL. A secret. */
  readonly url: string;
  /** Connections for whoever keeps tables of its own in it. Ended by `close`. */
  readonly pool: pg.Pool;
  /** The right to run a pipeline; fails with MLR_LEASE_HELD or MLR_CONTROL_UNAVAILABLE. */
  acquireLease(pipeline: string, options: LeaseOptions): Promise<Lease>;
  /** Idempotent. Leases stay until they are released. */
  close(): Promise<void>;
}

/**
 * Connects to the control database, brings its schema `millrace_control` up to date, and takes in the run records that
 * were kept in files. Fails with MLR_CONTROL_UNAVAILABLE or MLR_CONTROL_VERSION.
 */
export async function openControl(url: string, options: ControlOptions): Promise<ControlStore> {
  const pool = controlPool(url);
  const clock = options.clock ?? systemClock;
  const fallback = new RunFallback(options.fallbackDirectory);
  const runs = new RunRecords({ pool, fallback, clock }, url);
  const results = new ResultsFallback(options.fallbackDirectory);
  const quality = new QualityStore({ pool, fallback: results, clock, url });
  const kept = new FactsFallback(options.fallbackDirectory);
  const facts = new RunFactsStore({ pool, fallback: kept, clock, url });
  try {
    await migrate(pool);
    await runs.takeIn();
    await quality.takeIn();
    await facts.takeIn();
  } catch (error) {
    await pool.end();
    throw controlFailure(error, url);
  }
  return {
    runs,
    quality,
    facts,
    url,
    pool,
    acquireLease: (pipeline, lease) => acquireLease(url, pool, { pipeline }, { clock, ...lease }),
    close: once(() => pool.end()),
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => (closed ??= close());
}
