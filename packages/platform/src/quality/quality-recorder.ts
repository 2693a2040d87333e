import type { Clock, RunEvent } from "@millrace/core";
import type pg from "pg";
import type { PlatformEvent } from "../events/platform-event.ts";
import { publish } from "../events/publish.ts";
import { putResults } from "./put-results.ts";
import type { RecordedResult } from "./recorded-result.ts";
import type { ResultsFallback } from "./results-fallback.ts";

/** Keeps what the quality rules of one run come to. Nothing here ever throws: what the database refuses goes to a file. */
export interface QualityRecorder {
  /** An observer of the run. Returns at once. */
  readonly observe: (event: RunEvent) => void;
  /** Resolves when everything is written. */
  flush(): Promise<void>;
}

/** What a recorder works with. */
export interface QualityRecorderContext {
  readonly pool: pg.Pool;
  readonly fallback: ResultsFallback;
  readonly clock: Clock;
}

/** A run whose results are to be kept. */
export interface RecordedRun {
  readonly pipeline: string;
  /** The pipeline's group, for events. */
  readonly group?: string | undefined;
  /** Until the run says that it goes on as another one. */
  readonly run: string;
}

/** Keeps a run's results, and publishes an event `quality.failed` for each rule that failed. */
export function qualityRecorder(context: QualityRecorderContext, recorded: RecordedRun): QualityRecorder {
  const { pool, fallback, clock } = context;
  let { run } = recorded;
  let attempt: string | null = null;
  let waiting: RecordedResult[] = [];
  let writing = Promise.resolve();

  const write = async (): Promise<void> => {
    const results = waiting;
    waiting = [];
    if (results.length === 0) return;
    try {
      await store(pool, results, recorded.group);
    } catch {
      await fallback.keep(results).catch(() => undefined);
    }
  };
  return {
    observe(event) {
      if (event.type === "started") {
        run = event.run;
        attempt = String(event.attempt);
      }
      if (event.type !== "quality") return;
      const { type: _, ...result } = event;
      const at = new Date(clock.now()).toISOString();
      waiting.push({ ...result, at, run, attempt, pipeline: recorded.pipeline });
      // Results come many at once: one write takes all that are there by then.
      if (waiting.length === 1) writing = writing.then(write);
    },
    flush: () => writing,
  };
}

async function store(
  pool: pg.Pool,
  results: readonly RecordedResult[],
  group: string | undefined,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await putResults(client, results);
    await publish(
      client,
      results.filter(({ status }) => status === "failed").map((result) => failure(result, group)),
    );
    await client.query("COMMIT");
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function failure(result: RecordedResult, group: string | undefined): PlatformEvent {
  const { at, pipeline, run, table, rule, severity, expected, observed, failures, reason } = result;
  const found = reason ?? `found ${JSON.stringify(observed)}`;
  return {
    type: "quality.failed",
    at,
    pipeline,
    run,
    ...(group === undefined ? {} : { group }),
    data: { table, rule, severity, message: `expected ${expected}; ${found}`, rows: failures },
  };
}
