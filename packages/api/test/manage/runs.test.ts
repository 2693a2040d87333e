import { newRunId, publish } from "@millrace/platform";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type {
  RunComparison,
  RunDetail,
  RunPhases,
  RunsPage,
  RunTables,
} from "../../src/manage/runs/schemas.ts";
import { type Bed, openBed } from "../bed.ts";
import { seedRuns } from "../seed-runs.ts";

type Page = z.output<typeof RunsPage>;

const AT = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
});
afterAll(() => bed?.close());
beforeEach(async () => {
  await bed.control.pool.query(
    "TRUNCATE millrace_control.runs, millrace_control.pipelines, millrace_control.pipeline_versions, millrace_control.events",
  );
});

const pageOf = async (query: string): Promise<Page> => {
  const { status, body, text } = await bed.as("viewer").get<Page>(`/runs${query}`);
  expect(status, text).toBe(200);
  return body;
};
const idsOf = async (query: string): Promise<string[]> => (await pageOf(query)).items.map(({ id }) => id);

describe("the list of runs", () => {
  it("tells each run with its counts over all tables, newest first", async () => {
    await bed.register({ quakes: { group: "geo" } });
    const [older, newer] = await seedRuns(bed.control.pool, [
      {
        pipeline: "quakes",
        startedAt: AT,
        durationMs: 1_500,
        counts: { a: { read: 5, inserted: 3 }, b: { read: 2, updated: 2 } },
      },
      {
        pipeline: "quakes",
        status: "failed",
        startedAt: AT + MINUTE,
        error: { code: "MLR_SOURCE_FAILED", message: "503", hint: "Wait." },
      },
    ]);
    const { items, next } = await pageOf("");
    expect(next).toBeUndefined();
    expect(items.map(({ id }) => id)).toEqual([newer, older]);
    expect(items[0]).toMatchObject({
      status: "failed",
      group: "geo",
      error: { code: "MLR_SOURCE_FAILED", message: "503", hint: "Wait." },
    });
    expect(items[1]).toMatchObject({
      startedAt: "2026-11-20T10:00:00.000Z",
      durationMs: 1_500,
      waitMs: 100,
      partition: null,
      rows: { read: 7, inserted: 3, updated: 2, unchanged: 0, removed: 0 },
      error: null,
    });
  });

  it("gives what each filter asks for", async () => {
    await bed.register({ quakes: { group: "geo" }, tides: { group: "geo" }, prices: { group: "shop" } });
    const worker = newRunId();
    const backfill = newRunId();
    const [quake, tide, price, lone] = await seedRuns(bed.control.pool, [
      { pipeline: "quakes", startedAt: AT },
      { pipeline: "tides", startedAt: AT + MINUTE, status: "died" },
      { pipeline: "prices", startedAt: AT + 2 * MINUTE, status: "running" },
      { pipeline: "unregistered", startedAt: AT + 3 * MINUTE, status: "failed" },
    ]);
    await bed.control.pool.query(
      "UPDATE millrace_control.runs SET worker = $2, trigger = 'manual', backfill = $3 WHERE id = $1",
      [tide, worker, backfill],
    );
    expect(await idsOf("?pipeline=quakes")).toEqual([quake]);
    expect(await idsOf("?pipeline=quakes,tides")).toEqual([tide, quake]);
    expect(await idsOf("?group=geo")).toEqual([tide, quake]);
    expect(await idsOf("?group=geo&pipeline=prices,tides")).toEqual([tide]);
    expect(await idsOf("?status=died,failed")).toEqual([lone, tide]);
    expect(await idsOf("?status=running")).toEqual([price]);
    expect(await idsOf("?trigger=manual")).toEqual([tide]);
    expect(await idsOf(`?worker=${worker}`)).toEqual([tide]);
    expect(await idsOf(`?backfill=${backfill}`)).toEqual([tide]);
    expect(await idsOf("?from=2026-11-20T10:01:00Z&to=2026-11-20T10:03:00Z")).toEqual([price, tide]);
    expect(await idsOf("?search=REG")).toEqual([lone]);
    expect(await idsOf(`?search=${quake?.slice(0, 12)}`)).toContain(quake);
    expect(await idsOf("?group=geo&status=succeeded&search=quake")).toEqual([quake]);
    expect(await idsOf("?pipeline=nobody")).toEqual([]);
  });

  it("tells neither the runs of tasks nor their names", async () => {
    await bed.control.pool.query(
      `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, kind) VALUES ($1, 'task:mail', 'succeeded', 'task', 'task')`,
      [newRunId()],
    );
    for (const query of ["", "?pipeline=task:mail", "?search=mail", "?status=succeeded"])
      expect(await idsOf(query)).toEqual([]);
  });

  it("gives every run once over its pages while others are added", async () => {
    await bed.register({ quakes: { group: "geo" }, tides: { group: "geo" } });
    const ids = await seedRuns(
      bed.control.pool,
      Array.from({ length: 25 }, (_, i) => ({
        pipeline: i % 3 === 0 ? "tides" : "quakes",
        startedAt: AT + i * MINUTE,
      })),
    );
    for (const filter of ["", "group=geo&", "pipeline=quakes,tides&", "search=e&"]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await pageOf(`?${filter}limit=4${after === undefined ? "" : `&after=${after}`}`);
        seen.push(...page.items.map(({ id }) => id));
        after = page.next;
        await seedRuns(bed.control.pool, [{ pipeline: "quakes" }]);
      } while (after !== undefined);
      expect(seen.filter((id) => ids.includes(id))).toEqual(ids.toReversed());
      expect(new Set(seen).size).toBe(seen.length);
      await bed.control.pool.query("DELETE FROM millrace_control.runs WHERE id <> ALL ($1)", [ids]);
    }
  });

  it("refuses what is no filter, and takes texts as they are", async () => {
    const viewer = bed.as("viewer");
    for (const query of [
      "after=x",
      "after=00000000",
      "status=happy",
      "status=",
      "limit=0",
      "limit=501",
      "limit=1e9",
      "worker=1",
      "from=yesterday",
      "to=2026-13-01T00:00:00Z",
      "pipeline=a%00b",
      `pipeline=${Array.from({ length: 60 }, (_, i) => i).join(",")}`,
      `search=${"x".repeat(300)}`,
      "status=failed&status=died",
    ]) {
      const { status, body } = await viewer.get(`/runs?${query}`);
      expect(status, query).toBe(400);
      expect(body, query).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
    }
    for (const query of [
      "search=%25",
      "search=_",
      "search=%5C",
      "search='%3B DROP TABLE runs--",
      "pipeline='",
      "from=1970-01-01T00:00:00Z",
      "to=9999-12-31T00:00:00Z",
      "search=ffffffff-ffff",
    ])
      expect(await idsOf(`?${query}`), query).toEqual([]);
  });
});

describe("a run", () => {
  it("is told with error, place, exception, use of resources and the runs around it", async () => {
    await bed.register({ quakes: {} });
    const [parent, before, id, child] = await seedRuns(bed.control.pool, [
      { pipeline: "parent", startedAt: AT - MINUTE },
      { pipeline: "quakes", status: "stopped", startedAt: AT },
      {
        pipeline: "quakes",
        status: "failed",
        startedAt: AT + MINUTE,
        counts: { quakes: { read: 3, inserted: 1, rejected: 1 } },
        error: { code: "MLR_ROW_INVALID", message: "no number" },
        options: { full: true, params: ["day"] },
      },
      { pipeline: "child", startedAt: AT + 2 * MINUTE },
    ]);
    await bed.control.pool.query(
      `UPDATE millrace_control.runs SET continues = $2, parent_runs = ARRAY[$3::uuid], exceptions = 2, peak_memory_bytes = 5000,
         cpu_ms = 70, exit_code = 1, error = error || '{"details": {"file": "data/a.csv", "line": 7}, "retry": "never"}',
         last_exception = $4, withheld = '{"quakes": ["a row was rejected"]}', timeout_seconds = 60,
         request = '{"params": {"day": "secret"}}', checkpoint = '{"": 5}'
       WHERE id = $1`,
      [
        id,
        before,
        parent,
        JSON.stringify({
          message: "boom",
          stack:
            "Error: boom\n    at node:internal/x:1:1\n    at f (/p/node_modules/y/z.js:1:2)\n    at read (file:///p/pipelines/quakes.ts:12:5)",
        }),
      ],
    );
    await bed.control.pool.query(
      "UPDATE millrace_control.runs SET parent_runs = ARRAY[$2::uuid] WHERE id = $1",
      [child, id],
    );
    const { body, text } = await bed.as("viewer").get<z.output<typeof RunDetail>>(`/runs/${id}`);
    expect(body).toMatchObject({
      id,
      error: {
        code: "MLR_ROW_INVALID",
        retry: "never",
        hint: null,
        position: { of: "data", file: "data/a.csv", line: 7, column: null },
      },
      exceptions: 2,
      lastException: {
        message: "boom",
        position: { of: "code", file: "/p/pipelines/quakes.ts", line: 12, column: 5 },
      },
      peakMemoryBytes: 5000,
      cpuMs: 70,
      exitCode: 1,
      timeoutMs: 60_000,
      memoryLimitBytes: 2048 * 1024 * 1024,
      params: ["day"],
      options: { full: true },
      withheld: [{ table: "quakes", reasons: ["a row was rejected"] }],
      checkpoint: { "": 5 },
      continues: { id: before, status: "stopped" },
      parents: [{ id: parent, pipeline: "parent" }],
      children: [{ id: child, pipeline: "child" }],
      tables: [{ table: "quakes", read: 3, inserted: 1, rejected: 1, updated: 0 }],
    });
    expect(text).not.toContain("secret");
    const { body: earlier } = await bed.as("viewer").get<z.output<typeof RunDetail>>(`/runs/${before}`);
    expect(earlier.continuedBy.map((run) => run.id)).toEqual([id]);
    const { body: tables } = await bed.as("viewer").get<z.output<typeof RunTables>>(`/runs/${id}/tables`);
    expect(tables.items).toEqual(body.tables);
  });

  it("is not found, in whole and in parts, where there is none of its id", async () => {
    const id = newRunId();
    for (const part of [
      "",
      "/tables",
      "/logs",
      "/events",
      "/objects",
      "/files",
      "/functions",
      "/phases",
      "/compare",
    ]) {
      const { status, body } = await bed.as("viewer").get(`/runs/${id}${part}`);
      expect({ status, code: body["code"] }, part).toEqual({ status: 404, code: "MLR_RUN_NOT_FOUND" });
      expect((await bed.as("viewer").get(`/runs/1${part}`)).status, part).toBe(400);
      expect((await bed.as("nobody").get(`/runs/${id}${part}`)).status, part).toBe(401);
    }
  });

  it("is told as a record from an older version has it", async () => {
    const [id] = await seedRuns(bed.control.pool, [{ pipeline: "old", status: "failed" }]);
    await bed.control.pool.query(
      `UPDATE millrace_control.runs SET error = '{}', counts = '{"t": {}}', queued_at = NULL, available_at = NULL, host = NULL
       WHERE id = $1`,
      [id],
    );
    const { status, body } = await bed.as("viewer").get(`/runs/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      error: { code: "MLR_INTERNAL", position: null },
      queuedAt: null,
      waitMs: null,
    });
    expect((await bed.as("viewer").get(`/runs/${id}/phases`)).status).toBe(200);
    expect((await bed.as("viewer").get(`/runs/${id}/compare`)).status).toBe(200);
    expect(await idsOf("")).toEqual([id]);
  });
});

describe("the phases of a run", () => {
  const phasesOf = async (id: string | undefined): Promise<z.output<typeof RunPhases>> =>
    (await bed.as("viewer").get<z.output<typeof RunPhases>>(`/runs/${id}/phases`)).body;

  it("are its waits, processes, retries and commits", async () => {
    const [id] = await seedRuns(bed.control.pool, [
      { pipeline: "quakes", status: "succeeded", startedAt: AT, durationMs: 20_000 },
    ]);
    if (id === undefined) throw new Error("nothing was seeded");
    const at = (ms: number): string => new Date(AT + ms).toISOString();
    const of = { pipeline: "quakes", run: id };
    await publish(bed.control.pool, [
      { ...of, type: "run.started", at: at(500), data: { attempt: 1 } },
      {
        ...of,
        type: "run.retrying",
        at: at(2_000),
        data: { attempt: 1, delayMs: 1_000, error: { code: "X", message: "503" } },
      },
      { ...of, type: "run.died", at: at(5_000), data: { reason: "SIGKILL", attempt: 1, requeued: true } },
      { ...of, type: "run.started", at: at(8_000), data: { attempt: 2 } },
      {
        ...of,
        type: "run.committed",
        at: at(10_000),
        data: { commit: "1", counts: { t: { inserted: 2, read: 2 } } },
      },
      {
        ...of,
        type: "run.committed",
        at: at(15_000),
        data: { commit: "2", counts: { t: { inserted: 3, read: 4 } } },
      },
      {
        ...of,
        type: "run.finished",
        at: at(20_000),
        data: { status: "succeeded", counts: {}, durationMs: 20_000, attempt: 2 },
      },
    ]);
    const { items, startedAt, endedAt, omittedCommits } = await phasesOf(id);
    expect({ startedAt, endedAt, omittedCommits }).toEqual({
      startedAt: at(-100),
      endedAt: at(20_000),
      omittedCommits: 0,
    });
    expect(
      items.map(({ kind, attempt, durationMs, outcome }) => [kind, attempt, durationMs, outcome]),
    ).toEqual([
      ["queued", null, 100, null],
      ["starting", null, 500, null],
      ["attempt", 1, 4_500, "died"],
      ["retry-wait", null, 1_000, null],
      ["attempt", 2, 12_000, "succeeded"],
      ["commit", 2, 2_000, "succeeded"],
      ["commit", 2, 5_000, "succeeded"],
    ]);
    expect(items.at(-1)?.rows).toMatchObject({ inserted: 3, read: 4, updated: 0 });
    expect(items[2]?.error).toMatchObject({ message: "SIGKILL" });
  });

  it("go on while it does, and begin with its wait where it has not begun", async () => {
    const [running, queued] = await seedRuns(bed.control.pool, [
      { pipeline: "a", status: "running", startedAt: Date.now() - 5_000 },
      { pipeline: "b", status: "queued", startedAt: Date.now() },
    ]);
    const { items } = await phasesOf(running);
    expect(items.map(({ kind, endedAt }) => [kind, endedAt === null])).toEqual([
      ["queued", false],
      ["starting", true],
    ]);
    expect((await phasesOf(queued)).items).toMatchObject([{ kind: "queued", endedAt: null }]);
    await bed.control.pool.query(
      "UPDATE millrace_control.runs SET available_at = '9999-01-01T00:00:00Z' WHERE id = $1",
      [queued],
    );
    expect((await phasesOf(queued)).items).toMatchObject([{ kind: "waiting", endedAt: null }]);
    const { body } = await bed.as("viewer").get(`/runs/${queued}`);
    expect(body["availableAt"]).toBeNull();
  });

  it("keep the last commits of very many", async () => {
    const [id] = await seedRuns(bed.control.pool, [{ pipeline: "feed", startedAt: AT, durationMs: 400_000 }]);
    await bed.control.pool.query(
      `INSERT INTO millrace_control.events (at, type, pipeline, run, data)
       SELECT $2::timestamptz + n * interval '1 second', 'run.committed', 'feed', $1, jsonb_build_object('commit', n::text)
       FROM generate_series(1, 300) AS n`,
      [id, new Date(AT)],
    );
    const { items, omittedCommits } = await phasesOf(id);
    const commits = items.filter(({ kind }) => kind === "commit");
    expect([commits.length, omittedCommits, commits.at(-1)?.label]).toEqual([200, 100, "Commit 300"]);
  });
});

describe("the comparison of a run", () => {
  it("is with the last success before it, and says what changed since", async () => {
    await bed.register({ quakes: { codeVersion: "one", definition: definitionOf("http") } });
    const [good, bad, id] = await seedRuns(bed.control.pool, [
      {
        pipeline: "quakes",
        startedAt: Date.now() - 60_000,
        durationMs: 1_000,
        codeVersion: "one",
        counts: { a: { read: 9 } },
      },
      { pipeline: "quakes", startedAt: Date.now() - 40_000, status: "failed", codeVersion: "one" },
      {
        pipeline: "quakes",
        startedAt: Date.now() + 5_000,
        durationMs: 3_000,
        status: "failed",
        codeVersion: "two",
        counts: { b: { read: 1 } },
        options: { full: true },
      },
    ]);
    await seedRuns(bed.control.pool, [
      { pipeline: "quakes", startedAt: Date.now() - 30_000, partition: "2026-01-01" },
    ]);
    await bed.register({ quakes: { codeVersion: "two", definition: definitionOf("csv") } });
    await publish(bed.control.pool, {
      type: "schema.changed",
      at: new Date().toISOString(),
      pipeline: "quakes",
      run: bad,
      data: {
        changes: [{ table: "a", kind: "add-column", column: "depth", to: "integer", statement: "ALTER" }],
      },
    });
    const { body } = await bed.as("viewer").get<z.output<typeof RunComparison>>(`/runs/${id}/compare`);
    expect(body.previous?.id).toBe(good);
    expect(body.runsBetween).toBe(1);
    expect(body.durationMs).toEqual({ now: 3_000, before: 1_000 });
    expect(body.tables.map(({ table, now, before }) => [table, now?.read, before?.read])).toEqual([
      ["b", 1, undefined],
      ["a", undefined, 9],
    ]);
    expect(body.changes.map(({ kind }) => kind).toSorted()).toEqual([
      "code",
      "definition",
      "parameters",
      "schema",
    ]);
    expect(body.changes.find(({ kind }) => kind === "schema")?.what).toBe(
      "Column depth (integer) was added to a",
    );
    expect(body.changes.find(({ kind }) => kind === "definition")).toMatchObject({
      what: "The source changed",
      before: { kind: "http" },
      now: { kind: "csv" },
    });
  });

  it("has nothing beside it where none succeeded before", async () => {
    const [id] = await seedRuns(bed.control.pool, [{ pipeline: "first", status: "failed" }]);
    const { body } = await bed.as("viewer").get<z.output<typeof RunComparison>>(`/runs/${id}/compare`);
    expect(body).toMatchObject({ previous: null, changes: [], durationMs: { before: null } });
  });
});

function definitionOf(kind: string) {
  return {
    source: { kind, endless: false, keyed: false },
    transforms: [],
    destination: { kind: "postgres" },
    tables: [],
    quality: [],
  };
}
