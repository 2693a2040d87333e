import { MillraceError } from "@millrace/core";
import { newRunId, pruneControl } from "@millrace/platform";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Bed, type Client, openBed } from "./bed.ts";

let bed: Bed;
let operator: Client;
let admin: Client;
/** Titles of what the channel `ops` was given. */
const told: string[] = [];

beforeAll(async () => {
  bed = await openBed({
    notifications: {
      channels: {
        ops: (message) => void told.push(message.title),
        broken: () => {
          throw new MillraceError("MLR_NOTIFY_REFUSED", "The webhook was removed");
        },
      },
      rules: [
        { name: "failures", on: ["run.finished"], when: { status: "failed" }, to: ["ops"] },
        {
          name: "nights",
          on: ["worker.lost"],
          to: ["broken"],
          quietHours: { from: "22:00", to: "07:00", timeZone: "Europe/Berlin" },
        },
      ],
    },
  });
  operator = bed.as("operator");
  admin = bed.as("admin");
  await bed.register({ quakes: {}, rain: {} });
});
afterAll(() => bed.close());

interface Items<T = Readonly<Record<string, unknown>>> {
  readonly items: readonly T[];
  readonly next?: string;
}

const sql = (text: string, values: readonly unknown[] = []): Promise<unknown> =>
  bed.control.pool.query(text, [...values]);

describe("errors", () => {
  beforeEach(() =>
    sql(`TRUNCATE millrace_control.runs, millrace_control.error_inbox, millrace_control.error_groups,
      millrace_control.error_pipelines, millrace_control.error_days, millrace_control.error_runs`),
  );

  interface Run {
    readonly pipeline?: string;
    readonly message?: string;
    readonly code?: string;
    readonly hoursAgo?: number;
    readonly status?: string;
  }

  /** A run that goes on and ends, as runs do. */
  async function run(given: Run): Promise<string> {
    const { pipeline = "quakes", message = "it broke", code = "MLR_SOURCE_FAILED", hoursAgo = 0 } = given;
    const { status = "failed" } = given;
    const at = Date.now() - hoursAgo * 3_600_000;
    const id = newRunId({ now: () => at, monotonic: () => at, sleep: async () => undefined });
    await sql(
      "INSERT INTO millrace_control.runs (id, pipeline, status, trigger, started_at) VALUES ($1, $2, 'running', 'manual', $3)",
      [id, pipeline, new Date(at)],
    );
    const error = status === "failed" ? { code, message, hint: "Try again.", details: {} } : null;
    await sql(
      `UPDATE millrace_control.runs SET status = $2, finished_at = $3, error = $4, last_exception = $5 WHERE id = $1`,
      [
        id,
        status,
        new Date(at),
        error === null ? null : JSON.stringify(error),
        JSON.stringify({ message, stack: "Error: it broke\n    at read (pipelines/quakes.ts:3:5)" }),
      ],
    );
    return id;
  }

  const list = async (query = ""): Promise<Items["items"]> =>
    (await operator.get<Items>(`/errors${query}`)).body.items;

  test("errors that differ in numbers, ids, quoted texts and paths alone are one", async () => {
    await run({
      message: 'GET https://a.example/x?page=1 answered 503 for "x" in /srv/data/a.csv after 3 tries',
    });
    await run({
      pipeline: "rain",
      message: 'GET https://a.example/y?page=22 answered 504 for "y z" in /srv/other/b.csv after 17 tries',
    });
    const last = await run({ message: "another thing" });
    expect(await list()).toMatchObject([
      {
        message: "another thing",
        count: 1,
        state: "new",
        sample: { run: last, stack: expect.stringContaining("quakes.ts:3:5") },
      },
      {
        code: "MLR_SOURCE_FAILED",
        message: "GET https://a.example/<path> answered <n> for <value> in <path> after <n> tries",
        count: 2,
        pipelines: [
          { pipeline: "rain", count: 1 },
          { pipeline: "quakes", count: 1 },
        ],
      },
    ]);
    expect(await list("?pipeline=rain")).toMatchObject([
      {
        count: 1,
        pipelines: [{ pipeline: "rain" }],
        sample: { pipeline: "rain", message: expect.stringContaining("/y?page=22") },
      },
    ]);
    // Of a pipeline nothing is told that others had.
    const [quakes] = (await list("?pipeline=quakes")).filter(({ message }) => message !== "another thing");
    expect(quakes).toMatchObject({
      count: 1,
      sample: { pipeline: "quakes", message: expect.stringContaining("/x?page=1") },
    });
    expect(JSON.stringify(quakes)).not.toContain("rain");
    expect(await list("?code=MLR_NONE")).toEqual([]);
  });

  test("another code is another error", async () => {
    await run({ message: "same" });
    await run({ message: "same", code: "MLR_SOURCE_DENIED" });
    expect(await list()).toHaveLength(2);
  });

  test("an error is new for a day, and has come back when runs had succeeded for a day", async () => {
    await run({ hoursAgo: 100 });
    expect(await list()).toMatchObject([{ state: "known", count: 1 }]);
    await run({ hoursAgo: 50, status: "succeeded" });
    await run({});
    expect(await list()).toMatchObject([{ state: "returned", count: 2 }]);
    expect(await list("?state=new")).toEqual([]);
    await run({ message: "first time" });
    expect(await list("?state=new")).toHaveLength(1);
  });

  test("an error that never stopped has not come back", async () => {
    await run({ hoursAgo: 100 });
    await run({});
    expect(await list()).toMatchObject([{ state: "known", count: 2 }]);
  });

  test("one error has its days and its latest runs", async () => {
    await run({ hoursAgo: 26 });
    const last = await run({});
    const [{ fingerprint } = {}] = await list();
    const { body } = await operator.get<{ days: unknown[] }>(`/errors/${String(fingerprint)}`);
    expect(body).toMatchObject({ count: 2, runs: [{ run: last, pipeline: "quakes" }, {}] });
    expect(body.days).toHaveLength(2);
    expect((await operator.get("/errors/0123456789abcdef")).status).toBe(404);
  });

  test("errors come page by page, the latest first", async () => {
    for (const [index, name] of ["one", "two", "three"].entries())
      await run({ message: name, hoursAgo: 3 - index });
    const first = await operator.get<Items>("/errors?limit=2");
    const second = await operator.get<Items>(`/errors?limit=2&after=${first.body.next}`);
    const messages = [...first.body.items, ...second.body.items].map(({ message }) => message);
    expect(messages).toEqual(["three", "two", "one"]);
  });

  test("many errors that are counted by several at the same time are counted once", async () => {
    for (let count = 0; count < 20; count++) await run({ message: `row ${count}` });
    await Promise.all(Array.from({ length: 5 }, () => list()));
    expect(await list()).toMatchObject([{ count: 20 }]);
  });

  test("errors that nobody has had for long are pruned", async () => {
    await run({ hoursAgo: 100, message: "old" });
    await run({ message: "young" });
    await list();
    await pruneControl(bed.control.pool, {
      olderThan: new Date(Date.now() - 86_400_000),
      tables: ["error_runs"],
    });
    expect((await list()).map(({ message }) => message)).toEqual(["young"]);
  });
});

describe("secrets", () => {
  test("a secret is stored, listed by name, and removed; its value is never told", async () => {
    const value = "hunter2-very-secret";
    const added = await admin.put("/secrets/api.key", { value });
    expect(added.body).toEqual({ name: "api.key", outcome: "added" });
    expect((await admin.put("/secrets/api.key", { value })).body).toMatchObject({ outcome: "unchanged" });
    expect((await admin.put("/secrets/api.key", { value: `${value}!` })).body).toMatchObject({
      outcome: "changed",
    });
    const list = await operator.get<Items>("/secrets");
    expect(list.body.items).toEqual([
      {
        name: "api.key",
        version: 2,
        createdAt: expect.any(String),
        createdBy: "test admin",
        updatedAt: expect.any(String),
        updatedBy: "test admin",
      },
    ]);
    const wrong = await admin.delete("/secrets/api.key?confirm=api");
    expect(wrong.status).toBe(400);
    const gone = await admin.delete("/secrets/api.key?confirm=api.key");
    expect(gone.body).toEqual({ name: "api.key", removed: true });
    expect((await admin.delete("/secrets/api.key?confirm=api.key")).status).toBe(404);
    expect(added.text + list.text + JSON.stringify(bed.logged)).not.toContain("hunter2");
  });

  test("a value that cannot be stored is refused without being repeated", async () => {
    const long = await admin.put("/secrets/long", { value: "é".repeat(40_000) });
    expect(long.status).toBe(400);
    const odd = await admin.put("/secrets/odd name", { value: "hunter2" });
    const more = await admin.put("/secrets/more", { value: "hunter2", extra: "hunter2" });
    expect([odd.status, more.status]).toEqual([400, 400]);
    expect(long.text + odd.text + more.text).not.toMatch(/hunter2|éé/);
  });

  test("only administrators change secrets", async () => {
    expect((await operator.put("/secrets/a", { value: "b" })).status).toBe(403);
    expect((await operator.delete("/secrets/a?confirm=a")).status).toBe(403);
    expect((await bed.as("viewer").get("/secrets")).status).toBe(403);
  });
});

describe("settings", () => {
  test("every setting has its origin, and what is secret is masked", async () => {
    const { body, text } = await operator.get<Items>("/settings");
    expect(body.items).toContainEqual({
      name: "masterPassword",
      variable: "MILLRACE_MASTER_PASSWORD",
      value: "***",
      origin: "environment",
      alias: null,
    });
    expect(body.items).toContainEqual(
      expect.objectContaining({ name: "keepDays", value: "30", origin: "default" }),
    );
    expect(text).not.toContain("battery");
  });
});

describe("workers", () => {
  test("a worker is shown with its slots, its heartbeat and who leads", async () => {
    await sql(
      `INSERT INTO millrace_control.workers (id, host, pid, version, queues, labels, slots, lock_key, expires_at)
       VALUES ($1, 'alpha', 42, '1.2.3', '{default}', '{}', 4, 1, clock_timestamp() + interval '10 s')`,
      [newRunId()],
    );
    await sql(
      `INSERT INTO millrace_control.leaders (name, holder, host, pid, backend, since, expires_at)
       VALUES ('scheduler', $1, 'alpha', 42, 1, clock_timestamp(), clock_timestamp() + interval '1 hour')`,
      [newRunId()],
    );
    const { body } = await operator.get("/workers");
    expect(body).toMatchObject({
      leader: { host: "alpha", pid: 42 },
      items: [{ host: "alpha", slots: 4, running: 0, load: 0, alive: false, leader: true, draining: false }],
    });
  });
});

describe("metrics", () => {
  test("values are told over time, in steps that are asked for or fit the time", async () => {
    await sql(
      `INSERT INTO millrace_control.metrics (name, labels, at, value)
       SELECT 'millrace_queue_runs', '{"queue": "default", "status": "ready"}', '2026-06-01T12:00:00Z'::timestamptz + n * interval '1 minute', n
       FROM generate_series(0, 9) AS n`,
    );
    const day = "from=2026-06-01T12:00:00Z&to=2026-06-01T12:10:00Z";
    const { body } = await operator.get(`/metrics?name=millrace_queue_runs&${day}&step=300`);
    expect(body).toMatchObject({
      step: 300,
      items: [
        {
          labels: { queue: "default", status: "ready" },
          points: [
            { at: "2026-06-01T12:00:00.000Z", value: 2, max: 4 },
            { at: "2026-06-01T12:05:00.000Z", value: 7, max: 9 },
          ],
        },
      ],
    });
    const { body: fitting } = await operator.get(`/metrics?name=millrace_queue_runs&${day}`);
    expect(fitting["step"]).toBe(60);
    const { body: lately } = await operator.get("/metrics?name=millrace_workers");
    expect(lately).toMatchObject({ step: 300, items: [] });
  });

  test("what is no metric, no time, or too much is refused", async () => {
    for (const query of [
      "name=nothing",
      "name=millrace_workers&from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z",
      "name=millrace_workers&from=0000-01-01T00:00:00Z",
      "name=millrace_workers&from=2020-06-01T00:00:00Z&to=2026-06-01T00:00:00Z&step=60",
      "name=millrace_workers&step=1",
    ]) {
      expect((await operator.get(`/metrics?${query}`)).status, query).toBe(400);
    }
  });
});

describe("quality", () => {
  const results = async (rule: string, statuses: readonly string[]): Promise<void> => {
    for (const [index, status] of statuses.entries()) {
      await sql(
        `INSERT INTO millrace_control.quality_results
           (at, run, pipeline, table_name, rule, kind, severity, status, landed, observed, expected, failures)
         VALUES (clock_timestamp() - $1 * interval '1 hour', $2, 'quakes', 'events', $3, 'range', 'warn', $4, true, $5, '0 to 10', 0)`,
        [statuses.length - index, newRunId(), rule, status, String(index)],
      );
    }
  };

  test("rules come with their latest results, page by page, and by status", async () => {
    await sql("TRUNCATE millrace_control.quality_results");
    await results("a", ["passed", "failed"]);
    await results("b", ["failed", "failed", "passed"]);
    await results("c", ["skipped"]);
    const first = await operator.get<Items>("/quality?limit=2&points=2");
    expect(first.body.items).toMatchObject([
      { rule: "a", status: "failed", observed: 1, series: [{ status: "failed" }, { status: "passed" }] },
      { rule: "b", status: "passed", observed: 2, series: [{ status: "passed" }, { status: "failed" }] },
    ]);
    const second = await operator.get<Items>(`/quality?limit=2&after=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ rule: "c", status: "skipped" }] });
    expect((await operator.get<Items>("/quality?status=failed")).body.items).toMatchObject([{ rule: "a" }]);
    expect((await operator.get<Items>("/quality?table=none")).body.items).toEqual([]);
    const series = "/quality/results?pipeline=quakes&table=events&rule=b&limit=2";
    const newest = await operator.get<Items>(series);
    expect(newest.body.items).toMatchObject([{ observed: 2, landed: true }, { observed: 1 }]);
    const oldest = await operator.get<Items>(`${series}&after=${newest.body.next}`);
    expect(oldest.body.items).toMatchObject([{ observed: 0 }]);
    expect((await operator.get("/quality/results?pipeline=x&table=y&rule=z")).status).toBe(404);
  });
});

describe("notifications", () => {
  test("rules and channels are told without what is secret", async () => {
    const { body } = await operator.get("/notifications/plan");
    expect(body).toMatchObject({
      channels: [
        { name: "ops", kind: "function", waiting: 0, failed: 0 },
        { name: "broken", kind: "function" },
      ],
      rules: [
        { name: "failures", on: ["run.finished"], to: ["ops"], quietHours: null, openProblems: 0 },
        { name: "nights", quietHours: "22:00 to 07:00 Europe/Berlin" },
      ],
    });
  });

  test("a test message is sent and recorded, and what failed says why", async () => {
    const sent = await operator.post("/notifications/test", { channel: "ops" });
    expect(sent.body).toMatchObject({ sent: true, error: null, kind: "function" });
    expect(told).toContain("Test message for the channel ops");
    const failed = await operator.post("/notifications/test", { channel: "broken" });
    expect(failed.body).toMatchObject({ sent: false, error: "The webhook was removed" });
    expect((await operator.post("/notifications/test", { channel: "oops" })).status).toBe(400);
    const { body } = await operator.get<Items>("/notifications?limit=1");
    expect(body.items).toMatchObject([{ channel: "broken", status: "failed", kind: "test" }]);
    const older = await operator.get<Items>(`/notifications?limit=1&after=${body.next}`);
    expect(older.body.items).toMatchObject([{ channel: "ops", status: "sent" }]);
    expect((await operator.get<Items>("/notifications?status=failed")).body.items).toHaveLength(1);
  });

  test("a mute has an end, is listed while it lasts, and can be ended", async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const { body } = await operator.post<{ id: string }>("/notifications/mutes", {
      pipeline: "quakes",
      rule: "failures",
      until,
      reason: "known",
    });
    expect(body).toMatchObject({ until, createdBy: "test operator", held: 0, reason: "known" });
    expect((await operator.get<Items>("/notifications/mutes")).body.items).toMatchObject([{ id: body.id }]);
    expect((await operator.delete(`/notifications/mutes/${body.id}`)).body).toEqual({
      id: body.id,
      ended: true,
    });
    expect((await operator.get<Items>("/notifications/mutes")).body.items).toEqual([]);
    expect((await operator.delete(`/notifications/mutes/${body.id}`)).status).toBe(404);
  });

  test.each([
    ["of nothing", { until: "2999-01-01T00:00:00Z" }],
    ["that is over", { pipeline: "quakes", until: "2020-01-01T00:00:00Z" }],
    ["without a foreseeable end", { pipeline: "quakes", until: "2999-01-01T00:00:00Z" }],
    ["of a rule that is none", { rule: "failure", until: new Date(Date.now() + 60_000).toISOString() }],
  ])("a mute %s is refused", async (_what, mute) => {
    expect((await operator.post("/notifications/mutes", mute)).status).toBe(400);
  });
});

describe("storage", () => {
  test("sizes, their samples and what goes when are told", async () => {
    await sql(
      `INSERT INTO millrace_control.storage_samples (day, place, name, bytes, row_estimate)
       VALUES ((clock_timestamp() AT TIME ZONE 'UTC')::date - 10, 'control', 'runs', 1000, 1)`,
    );
    await sql(
      "INSERT INTO millrace_control.events (at, type) VALUES ('2026-01-01T00:00:00Z', 'worker.started')",
    );
    const { body } = await operator.get<{
      controlBytes: number;
      control: readonly { table: string; bytes: number }[];
      growth: readonly { controlBytes: number }[];
      bytesPerDay: number;
      retention: { due: readonly object[] };
    }>("/storage");
    expect(body.control.map(({ table }) => table)).toContain("runs");
    expect(body.control.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(body.controlBytes);
    expect(body.growth.map(({ controlBytes }) => controlBytes)).toEqual([1000, body.growth[1]?.controlBytes]);
    expect(body.bytesPerDay).toBeGreaterThan(1_000);
    expect(body.retention.due[0]).toEqual({
      table: "events",
      oldestAt: "2026-01-01T00:00:00.000Z",
      dueAt: "2026-01-31T00:00:00.000Z",
    });
  });
});
