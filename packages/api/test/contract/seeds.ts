import { setTimeout } from "node:timers/promises";
import type { Schedule } from "@millrace/core";
import { documentLedger, groupErrors, newRunId } from "@millrace/platform";
import type pg from "pg";
import { takeRunCommands } from "@millrace/orchestrator";
import type { Bed } from "../bed.ts";
import { seedRuns } from "../seed-runs.ts";

/** Ids of what there is one of each. */
export interface Seeds {
  /** A run that has failed, one that has succeeded before it, and one that waits. */
  readonly failed: string;
  readonly succeeded: string;
  readonly queued: string;
  readonly backfill: string;
  /** A dead letter. */
  readonly job: string;
  readonly fingerprint: string;
  readonly mute: string;
  /** One that waits for review, with a page to look at. */
  readonly document: string;
}

const SCHEDULE: Schedule = {
  kind: "interval",
  everyMs: 60_000,
  anchorMs: 0,
  timeZone: "UTC",
  jitterMs: 0,
  catchUp: { policy: "latest", limit: 1, maxAgeMs: 3_600_000 },
  blackouts: [],
};

/** Something of everything that the API tells of; may be called again for what a request used up. */
export async function seed(bed: Bed): Promise<Seeds> {
  const { pool } = bed.control;
  await bed.register({
    quakes: { group: "geo", schedule: SCHEDULE },
    rain: { parents: ["quakes"], params: { place: "Zürich" } },
    feed: {},
    plant: {},
  });
  await goingOn(pool, "feed", "collector");
  await goingOn(pool, "plant", "sampling");
  const counts = {
    events: {
      read: 3,
      inserted: 3,
      updated: 0,
      unchanged: 0,
      removed: 0,
      restored: 0,
      rejected: 0,
      duplicates: 0,
    },
  };
  const [succeeded = "", failed = ""] = await seedRuns(pool, [
    { pipeline: "quakes", counts, startedAt: Date.now() - 120_000 },
    {
      pipeline: "quakes",
      status: "failed",
      error: { code: "MLR_SOURCE_FAILED", message: "503 from example.org" },
    },
  ]);
  const [queued = ""] = await seedRuns(pool, [{ pipeline: "rain", status: "queued" }]);
  const backfill = await bed.context.operations.backfill({
    pipeline: "quakes",
    partitions: [`p${Date.now()}`],
    by: "test",
  });
  await groupErrors(pool);
  const groups = await pool.query<{ fingerprint: string }>(
    "SELECT fingerprint FROM millrace_control.error_groups ORDER BY last_seen_at DESC LIMIT 1",
  );
  return {
    failed,
    succeeded,
    queued,
    backfill: backfill.id ?? "",
    job: await deadLetter(pool),
    fingerprint: groups.rows[0]?.fingerprint ?? "",
    mute: await mute(pool),
    document: await document(pool),
  };
}

/** The worker whose runs take commands, see `answerCommands`. */
const WORKER = "00000000-0000-7000-8000-00000000000a";

/** A run that goes on, and says how its source does. */
async function goingOn(pool: pg.Pool, pipeline: string, kind: string): Promise<void> {
  await pool.query(
    `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, started_at, worker)
     VALUES ($1, $2, 'running', 'manual', clock_timestamp(), $3) ON CONFLICT DO NOTHING`,
    [newRunId(), pipeline, WORKER],
  );
  await pool.query(
    `INSERT INTO millrace_control.source_status (pipeline, kind, run, at, status)
     SELECT pipeline, $2, id, clock_timestamp(), '{"state": "running"}' FROM millrace_control.runs
     WHERE pipeline = $1 AND status = 'running' ON CONFLICT DO NOTHING`,
    [pipeline, kind],
  );
}

/** Does what the worker does that has those runs: takes what their sources are asked, until the signal says to end. */
export async function answerCommands(pool: pg.Pool, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await takeRunCommands(pool, WORKER, () => Promise.resolve({ done: true, answer: { state: "running" } }));
    await setTimeout(20, undefined, { signal }).catch(() => undefined);
  }
}

async function deadLetter(pool: pg.Pool): Promise<string> {
  const id = newRunId();
  await pool.query(
    `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, kind, payload, finished_at, queued_at, result)
     VALUES ($1, 'task:mail', 'failed', 'task', 'task', '{"to":"a"}', clock_timestamp(), clock_timestamp(), '{"sent":1}')`,
    [id],
  );
  await pool.query(
    `INSERT INTO millrace_control.tasks (name, file, limits, backoff) VALUES ('mail', 'tasks/mail.ts', '{"queue":"default"}', '{}')
     ON CONFLICT DO NOTHING`,
  );
  await pool.query(
    `INSERT INTO millrace_control.quality_results
       (at, run, pipeline, table_name, rule, kind, severity, status, landed, observed, expected, failures)
     VALUES (clock_timestamp(), $1, 'quakes', 'events', 'unique id', 'unique', 'warn', 'passed', true, '1', 'no twice', 0)`,
    [id],
  );
  return id;
}

async function document(pool: pg.Pool): Promise<string> {
  const id = newRunId();
  const at = new Date().toISOString();
  const ledger = documentLedger(pool, "papers");
  await ledger.tell({
    documents: [
      {
        id,
        name: "invoice.pdf",
        type: "invoice",
        stage: "checked",
        state: "review",
        attempts: 1,
        bytes: 1_024,
        sha256: "00".repeat(32),
        priority: 0,
        pages: 1,
        confidence: 0.5,
        file: "processing/invoice.pdf",
        receivedAt: at,
        changedAt: at,
        error: null,
        fields: {
          values: { total: "12.50" },
          lines: {},
          problems: ["the items sum up to 12.00, not to 12.50"],
          places: {},
          confidences: { total: 0.5 },
        },
      },
    ],
    transitions: [
      {
        document: id,
        number: 1,
        stage: "checked",
        outcome: "review",
        at,
        durationMs: 3,
        attempt: 1,
        message: null,
      },
    ],
  });
  await ledger.show(id, [
    {
      document: id,
      page: 1,
      width: 595,
      height: 842,
      contentType: "image/png",
      image: Buffer.from("no picture, and nobody looks"),
    },
  ]);
  return id;
}

async function mute(pool: pg.Pool): Promise<string> {
  const id = newRunId();
  await pool.query(
    `INSERT INTO millrace_control.notification_mutes (id, pipeline, until, created_by)
     VALUES ($1, 'quakes', clock_timestamp() + interval '1 hour', 'test')`,
    [id],
  );
  return id;
}
