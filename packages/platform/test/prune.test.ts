import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type ControlStore,
  openControl,
  PRUNABLE_TABLES,
  pruneControl,
  publish,
  retentionOf,
  type Retention,
} from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { removeFolder, temporaryFolder } from "./temporary.ts";

let server: TestPostgres;
let folder: string;
let control: ControlStore;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startTestPostgres();
  control = await openControl(await server.createDatabase(), { fallbackDirectory: join(folder, "fallback") });
});
afterAll(async () => {
  await control.close();
  await server.stop();
  await removeFolder(folder);
});
beforeEach(async () => {
  await control.pool.query(
    `TRUNCATE millrace_control.runs, millrace_control.function_calls, millrace_control.run_objects, millrace_control.files, millrace_control.commands,
       millrace_control.events, millrace_control.notifications, millrace_control.quality_results, millrace_control.logs`,
  );
});

const NOW = Date.UTC(2026, 5, 30);
const DAY = 86_400_000;
const ago = (days: number): Date => new Date(NOW - days * DAY);
/** The run that ended so many days ago; ids grow with time. */
const idOf = (days: number, pipeline: string): string =>
  `0000000${pipeline === "p" ? 0 : 1}-0000-7000-8000-${String(10_000 - days * 10).padStart(12, "0")}`;

interface SomeRun {
  readonly pipeline?: string;
  readonly status?: string;
  readonly partition?: string;
}

async function run(
  days: number,
  { pipeline = "p", status = "succeeded", partition = "" }: SomeRun = {},
): Promise<void> {
  const id = idOf(days, pipeline);
  const over = status !== "queued" && status !== "running";
  await control.pool.query(
    `INSERT INTO millrace_control.runs (id, pipeline, partition, status, trigger, host, pid, started_at, finished_at)
     VALUES ($1, $2, $3, $4, 'manual', 'here', 1, $5, $6)`,
    [id, pipeline, partition, status, ago(days), over ? ago(days) : null],
  );
  await control.pool.query(
    `INSERT INTO millrace_control.function_calls VALUES ($1, 1, $2, 'parse', 1, 0, 1, 1, 1, $3)`,
    [id, pipeline, ago(days)],
  );
  await control.pool.query(
    `INSERT INTO millrace_control.files (run, pipeline, name, bytes, rows, at) VALUES ($1, $2, 'a.csv', 1, 1, $3)`,
    [id, pipeline, ago(days)],
  );
  await control.pool.query(
    `INSERT INTO millrace_control.run_objects VALUES ($1, $2, 'crm', '', 'orders', 'table', 'read', $3)`,
    [id, pipeline, ago(days)],
  );
}

/** Days ago of what is left. */
async function left(table: string, column: string, where = "true"): Promise<number[]> {
  const { rows } = await control.pool.query<{ at: Date }>(
    `SELECT ${column} AS at FROM millrace_control.${table} WHERE ${where} ORDER BY ${column} DESC`,
  );
  return rows.map(({ at }) => Math.round((NOW - at.getTime()) / DAY));
}
const runsLeft = (pipeline = "p"): Promise<number[]> =>
  left("runs", "started_at", `pipeline = '${pipeline}'`);

/** How much pruning removes, first counted and then done: both must be the same. */
async function pruned(retention: Retention): Promise<Record<string, number>> {
  const numbers = (tables: Awaited<ReturnType<typeof pruneControl>>): Record<string, number> =>
    Object.fromEntries(
      tables.map(({ table, rows, days = [], error }) => {
        if (error !== undefined) throw error;
        return [table, rows + days.length];
      }),
    );
  const counted = numbers(await pruneControl(control.pool, { ...retention, dryRun: true }));
  const again = numbers(await pruneControl(control.pool, { ...retention, dryRun: true }));
  expect(again).toEqual(counted);
  expect(numbers(await pruneControl(control.pool, retention))).toEqual(counted);
  return counted;
}

it("deletes old runs that are over, but of each pipeline not the latest nor the latest that succeeded", async () => {
  await run(100, { status: "running" });
  await run(90);
  await run(80, { status: "failed" });
  await run(70);
  await run(60, { status: "failed" });
  await run(50, { status: "stopped" });
  await run(95, { partition: "north" });
  await run(20, { status: "queued" });
  await run(40, { pipeline: "q", status: "died" });
  expect(await pruned({ olderThan: ago(30), tables: ["runs"] })).toEqual({ runs: 4 });
  expect(await runsLeft()).toEqual([20, 50, 70, 100]);
  expect(await runsLeft("q")).toEqual([40]);
});

it("keeps the newest runs of each pipeline, and what belongs to them", async () => {
  for (const days of [1, 2, 3, 4, 5]) await run(days);
  for (const days of [1, 2]) await run(days, { pipeline: "q" });
  const tables = ["function_calls", "run_objects", "files", "runs"];
  expect(await pruned({ keep: 2, tables })).toEqual({ function_calls: 3, run_objects: 3, files: 3, runs: 3 });
  expect(await runsLeft()).toEqual([1, 2]);
  expect(await runsLeft("q")).toEqual([1, 2]);
  expect(await left("function_calls", "at", "pipeline = 'p'")).toEqual([1, 2]);
  expect(await left("run_objects", "at", "pipeline = 'p'")).toEqual([1, 2]);
  expect(await pruned({ olderThan: ago(1.5), tables })).toEqual({
    function_calls: 2,
    run_objects: 2,
    files: 2,
    runs: 2,
  });
});

it("deletes commands, events, messages and results by age and by number, and nothing that is still needed", async () => {
  for (const [days, status] of [
    [50, "pending"],
    [40, "done"],
    [20, "failed"],
    [10, "done"],
  ] as const) {
    await control.pool.query(
      `INSERT INTO millrace_control.commands (id, kind, pipeline, requested_by, requested_at, status)
       VALUES ($1, 'stop', 'p', 'ana', $2, $3)`,
      [randomUUID(), ago(days), status],
    );
    await control.pool.query(
      `INSERT INTO millrace_control.notifications (id, channel, kind, severity, title, message, status, next_at, created_at)
       VALUES ($1, 'mail', 'problem', 'warn', 't', '{}', $2, $3, $3)`,
      [randomUUID(), status === "pending" ? "queued" : "sent", ago(days)],
    );
    await control.pool.query(
      `INSERT INTO millrace_control.quality_results (at, run, pipeline, table_name, rule, kind, severity, status, landed, expected, failures)
       VALUES ($1, $2, 'p', 't', 'not null', 'notNull', 'warn', 'passed', true, 'none', 0)`,
      [ago(days), randomUUID()],
    );
    await publish(control.pool, {
      type: "pipeline.enabled",
      at: ago(days).toISOString(),
      pipeline: "p",
      data: { by: "ana" },
    });
  }
  // Events are put in order when they are read, and only then known to be there for all.
  const { pruneEvents } = await import("@millrace/platform");
  await pruneEvents(control.pool, {});
  const tables = ["events", "notifications", "commands", "quality_results"];
  expect(await pruned({ olderThan: ago(30), tables })).toEqual({
    events: 2,
    notifications: 1,
    commands: 1,
    quality_results: 2,
  });
  expect(await left("commands", "requested_at")).toEqual([10, 20, 50]);
  expect(await pruned({ keep: 1, keepRows: 1, tables })).toEqual({
    events: 1,
    notifications: 1,
    commands: 1,
    quality_results: 1,
  });
  expect(await left("commands", "requested_at")).toEqual([10, 50]);
  expect(await left("quality_results", "at")).toEqual([10]);
});

it("deletes many thousands in parts, and ends between them when it is told to", async () => {
  await control.pool.query(
    `INSERT INTO millrace_control.commands (id, kind, pipeline, requested_by, requested_at, status)
     SELECT gen_random_uuid(), 'stop', 'p', 'ana', $1, 'done' FROM generate_series(1, 12001)`,
    [ago(50)],
  );
  const stop = new AbortController();
  stop.abort();
  expect(await pruneControl(control.pool, { olderThan: ago(1), signal: stop.signal })).toEqual([]);
  expect(await pruned({ olderThan: ago(1), tables: ["commands"] })).toEqual({ commands: 12_001 });
});

it("drops whole days of log lines, and counts them before without dropping any", async () => {
  for (const day of ["20260101", "20260629"]) {
    const from = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
    await control.pool.query(
      `CREATE TABLE millrace_control.logs_${day} PARTITION OF millrace_control.logs
       FOR VALUES FROM ('${from}T00:00:00Z') TO ('${from}T24:00:00Z');
       INSERT INTO millrace_control.logs (id, at, level, message)
       SELECT gen_random_uuid(), '${from}T12:00:00Z', 30, 'line' FROM generate_series(1, 3)`,
    );
  }
  expect(await pruned({ olderThan: ago(30), tables: ["logs"] })).toEqual({ logs: 1 });
  expect(await pruned({ keepRows: 2, tables: ["logs"] })).toEqual({ logs: 1 });
  expect(await left("logs", "at")).toHaveLength(2);
});

it("prunes the other tables where one fails, and says which did", async () => {
  await control.pool.query("ALTER TABLE millrace_control.commands RENAME TO hidden");
  try {
    await run(90);
    await run(80);
    const found = await pruneControl(control.pool, { olderThan: ago(30) });
    expect(found.map(({ table }) => table)).toEqual(PRUNABLE_TABLES);
    expect(found.filter(({ error }) => error !== undefined)).toMatchObject([
      { table: "commands", error: { code: "MLR_CONTROL_UNAVAILABLE" } },
    ]);
    expect(await runsLeft()).toEqual([80]);
  } finally {
    await control.pool.query("ALTER TABLE millrace_control.hidden RENAME TO commands");
  }
});

it("takes nought in the settings for for ever and any number", () => {
  expect(retentionOf({ keepDays: 0, keepAuditDays: 0, keepRuns: 0, keepRows: 0 }, NOW)).toEqual({});
  expect(retentionOf({ keepDays: 30, keepAuditDays: 365, keepRuns: 5, keepRows: 7 }, NOW)).toEqual({
    olderThan: ago(30),
    auditOlderThan: ago(365),
    keep: 5,
    keepRows: 7,
  });
});

it("keeps the audit log by a time of its own, and no longer than that", async () => {
  await control.pool.query("TRUNCATE millrace_control.audit");
  for (const days of [500, 400, 100]) {
    await control.pool.query(
      `INSERT INTO millrace_control.audit (at, actor_kind, actor_name, action, outcome) VALUES ($1, 'user', 'ada', 'x.y', 'done')`,
      [ago(days)],
    );
  }
  const tables = ["audit"];
  expect(await pruned({ olderThan: ago(1), keepRows: 1, tables })).toEqual({ audit: 0 });
  expect(await pruned({ auditOlderThan: ago(365), tables, dryRun: true })).toEqual({ audit: 2 });
  expect(await pruned({ auditOlderThan: ago(365), tables })).toEqual({ audit: 2 });
  expect(await pruned({ auditOlderThan: ago(365), tables })).toEqual({ audit: 0 });
});

it("deletes what signs nobody in any more, and keeps what does", async () => {
  const user = randomUUID();
  await control.pool.query(
    "INSERT INTO millrace_control.users (id, name, role, created_by) VALUES ($1, 'ada', 'admin', 'test')",
    [user],
  );
  const hash = (byte: number): Buffer => Buffer.alloc(32, byte);
  for (const [byte, until] of [
    [1, "2020-01-01"],
    [2, "2999-01-01"],
  ] as const) {
    await control.pool.query(
      `INSERT INTO millrace_control.sessions (id, token_hash, user_id, via, created_at, last_seen_at, expires_at)
       VALUES ($1, $2, $3, 'link', '2020-01-01', '2020-01-01', $4)`,
      [randomUUID(), hash(byte), user, until],
    );
    await control.pool.query(
      "INSERT INTO millrace_control.sign_in_links (token_hash, created_at, created_by, expires_at) VALUES ($1, '2020-01-01', 'test', $2)",
      [hash(byte), until],
    );
    await control.pool.query("INSERT INTO millrace_control.sign_in_failures VALUES ($1, 1, $2)", [
      hash(byte),
      until,
    ]);
    await control.pool.query(
      `INSERT INTO millrace_control.api_tokens (id, name, token_hash, hint, user_id, role, created_at, expires_at)
       VALUES ($1, 'x', $2, 'mlr_', $3, 'viewer', '2020-01-01', $4)`,
      [randomUUID(), hash(byte), user, until],
    );
  }
  const tables = ["sessions", "api_tokens"];
  expect(await pruned({ tables })).toEqual({ sessions: 3, api_tokens: 0 });
  expect(await pruned({ tables, olderThan: ago(30) })).toEqual({ sessions: 0, api_tokens: 1 });
});
