import { MillraceError, notNull, type Pipeline, pipeline, tableTarget } from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { describePipeline, giveCommand, RUN_LIMITS } from "@millrace/orchestrator";
import { cron, every } from "@millrace/orchestrator/schedule";
import { publish } from "@millrace/platform";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { GroupsList } from "../../src/manage/groups/schemas.ts";
import type {
  PipelineCheckpoint,
  PipelineDetail,
  PipelineQuality,
  PipelinesPage,
  PipelineStats,
  PipelineVersions,
  SchemaChangesPage,
} from "../../src/manage/pipelines/schemas.ts";
import type { SchedulesPage } from "../../src/manage/schedules/schemas.ts";
import { type Bed, openBed } from "../bed.ts";
import { seedRuns } from "../seed-runs.ts";

type Page = z.output<typeof PipelinesPage>;

const MINUTE = 60_000;

let bed: Bed;
/** What the reader of tables answers. */
let state: () => Promise<{ checkpoints: {}; openEpochs: [] } | undefined>;
beforeAll(async () => {
  bed = await openBed();
  Object.assign(bed.context.tables, { state: () => state() });
});
afterAll(() => bed?.close());
beforeEach(async () => {
  state = async () => undefined;
  await bed.control.pool.query(
    `TRUNCATE millrace_control.runs, millrace_control.pipelines, millrace_control.pipeline_versions, millrace_control.events,
       millrace_control.commands`,
  );
});

const get = async <T>(path: string): Promise<T> => {
  const { status, body, text } = await bed.as("viewer").get<T>(path);
  expect(status, text).toBe(200);
  return body;
};
const namesOf = async (query: string): Promise<string[]> =>
  (await get<Page>(`/pipelines${query}`)).items.map(({ name }) => name);

describe("the list of pipelines", () => {
  it("tells of each its state, schedule, runs and what goes on", async () => {
    await bed.register({
      quakes: {
        group: "geo",
        owner: "Ada",
        tags: ["hourly"],
        schedule: cron("0 3 * * *", { timeZone: "Europe/Berlin" }),
      },
      tides: {},
    });
    const ids = await seedRuns(bed.control.pool, [
      ...Array.from({ length: 31 }, (_, i) => ({
        pipeline: "quakes",
        startedAt: Date.now() - (100 - i) * MINUTE,
        counts: { a: { inserted: i, updated: 1 }, b: { removed: 1 } },
      })),
      {
        pipeline: "quakes",
        status: "died" as const,
        startedAt: Date.now() - 3 * MINUTE,
        error: { code: "MLR_RUN_DIED", message: "gone" },
      },
      { pipeline: "quakes", status: "queued" as const, startedAt: Date.now() },
      { pipeline: "tides", status: "running" as const, startedAt: Date.now() - MINUTE },
    ]);
    const { items } = await get<Page>("/pipelines");
    const [quakes, tides] = items;
    expect(quakes).toMatchObject({
      name: "quakes",
      group: "geo",
      state: "enabled",
      schedule: { timeZone: "Europe/Berlin" },
      queued: 1,
      running: 0,
      lastRun: { id: ids[31], status: "died", error: { code: "MLR_RUN_DIED", message: "gone" } },
    });
    expect(quakes?.strip.map(({ id }) => id)).toEqual(ids.slice(2, 32));
    expect(quakes?.strip.map(({ rows }) => rows).slice(-3)).toEqual([31, 32, 0]);
    expect(Date.parse(quakes?.nextRunAt ?? "")).toBeGreaterThan(Date.now());
    expect(quakes?.lastSuccessAt).not.toBeNull();
    expect(tides).toMatchObject({ running: 1, nextRunAt: null, schedule: null, lastSuccessAt: null });
    expect(tides?.strip[0]?.durationMs).toBeGreaterThanOrEqual(MINUTE);
  });

  it("gives what each filter asks for", async () => {
    await bed.register({
      quakes: { group: "geo", tags: ["hourly", "public"], owner: "Ada", description: "Shakes of the earth" },
      tides: { group: "geo", tags: ["daily"], owner: "Bo" },
      prices: { enabled: false },
      "100%": {},
    });
    await seedRuns(bed.control.pool, [
      { pipeline: "quakes", status: "failed" },
      { pipeline: "tides", status: "failed", startedAt: Date.now() - MINUTE },
      { pipeline: "tides" },
    ]);
    await giveCommand(bed.control.pool, { kind: "pause", target: "tides", by: "Ada" });
    expect(await namesOf("")).toEqual(["100%", "prices", "quakes", "tides"]);
    expect(await namesOf("?search=EARTH")).toEqual(["quakes"]);
    expect(await namesOf("?search=daily")).toEqual(["tides"]);
    expect(await namesOf("?search=%25")).toEqual(["100%"]);
    expect(await namesOf("?group=geo")).toEqual(["quakes", "tides"]);
    expect(await namesOf("?tag=public")).toEqual(["quakes"]);
    expect(await namesOf("?owner=Bo")).toEqual(["tides"]);
    expect(await namesOf("?state=paused,disabled")).toEqual(["prices", "tides"]);
    expect(await namesOf("?status=failed")).toEqual(["quakes"]);
    expect(await namesOf("?status=succeeded,never")).toEqual(["100%", "prices", "tides"]);
    expect(await namesOf("?status=never&state=disabled&sort=failures")).toEqual(["prices"]);
    const { items } = await get<Page>("/pipelines?state=disabled");
    expect(items[0]?.stateReason).toBe("Disabled in its file");
    await bed.register({ quakes: {} });
    expect(await namesOf("")).toEqual(["quakes"]);
    expect(await namesOf("?state=retired")).toEqual(["100%", "prices", "tides"]);
  });

  it("is in every order, each pipeline once over the pages", async () => {
    const names = Array.from({ length: 9 }, (_, i) => `p${i}`);
    await bed.register(
      Object.fromEntries(
        names.map((name, i) => [
          name,
          {
            ...(i % 3 === 0 ? {} : { group: `g${i % 2}` }),
            ...(i % 2 === 0 ? {} : { schedule: every(`${i} hours`) }),
          },
        ]),
      ),
    );
    await seedRuns(
      bed.control.pool,
      [3, 1, 7, 5].map((i, place) => ({
        pipeline: `p${i}`,
        startedAt: Date.now() - (9 - place) * MINUTE,
        durationMs: i * 10,
      })),
    );
    const pages = async (query: string): Promise<string[]> => {
      const seen: string[] = [];
      let next: string | undefined;
      do {
        const page = await get<Page>(
          `/pipelines?limit=2&${query}${next === undefined ? "" : `&after=${encodeURIComponent(next)}`}`,
        );
        seen.push(...page.items.map(({ name }) => name));
        next = page.next;
      } while (next !== undefined);
      return seen;
    };
    const others = ["p0", "p2", "p4", "p6", "p8"];
    expect(await pages("")).toEqual(names);
    expect(await pages("order=desc")).toEqual(names.toReversed());
    expect(await pages("sort=lastRun")).toEqual(["p3", "p1", "p7", "p5", ...others]);
    expect(await pages("sort=lastRun&order=desc")).toEqual(["p5", "p7", "p1", "p3", ...others]);
    expect(await pages("sort=duration&order=desc")).toEqual(["p7", "p5", "p3", "p1", ...others]);
    expect(await pages("sort=group")).toEqual(["p2", "p4", "p8", "p1", "p5", "p7", "p0", "p3", "p6"]);
    expect((await pages("sort=failures")).length).toBe(9);
    const byNext = await pages("sort=nextRun");
    expect(byNext.slice(-5)).toEqual(others);
    expect(byNext.slice(0, 4).toSorted()).toEqual(["p1", "p3", "p5", "p7"]);
    expect((await pages("sort=nextRun&order=desc")).slice(-5)).toEqual(others);
  });

  it("refuses cursors and filters that it did not give", async () => {
    await bed.register({ quakes: {} });
    for (const query of [
      "after=x",
      "after=%5B1%2C2%5D",
      "after=%5Bnull%5D",
      `sort=lastRun&after=${encodeURIComponent('["x","quakes"]')}`,
      `sort=duration&after=${encodeURIComponent('["1e99","quakes"]')}`,
      `sort=failures&after=${encodeURIComponent('["99999999999999999999","quakes"]')}`,
      `after=${encodeURIComponent('[null,"a\\u0000"]')}`,
      "sort=owner",
      "state=gone",
      "status=happy",
      "limit=-1",
    ])
      expect((await bed.as("viewer").get(`/pipelines?${query}`)).status, query).toBe(400);
  });
});

describe("a pipeline", () => {
  it("is told with what it is made of, its limits, parents, children and tables", async () => {
    const quakes = pipeline("quakes", {
      source: async function* () {
        yield { id: 1 };
      },
      transforms: [(row) => row],
      destination: tableTarget({ kind: "memory", destination: async () => memoryDestination() }).table(
        "quakes",
        { key: ["id"], mode: "merge", namespace: "geo" },
      ),
      quality: [notNull("id", { severity: "fail" })],
      schedule: every("5 minutes"),
      limits: { timeoutSeconds: 30 },
      params: { day: "today" },
    });
    await bed.register({
      quakes: describe1(quakes),
      report: { parents: ["quakes"] },
    });
    const [id] = await seedRuns(bed.control.pool, [
      { pipeline: "quakes", counts: { quakes: { read: 4, inserted: 4 } } },
    ]);
    const detail = await get<z.output<typeof PipelineDetail>>("/pipelines/quakes");
    expect(detail).toMatchObject({
      source: "function",
      destination: "memory",
      definition: {
        source: { kind: "function", endless: false },
        transforms: [{ holds: "nothing" }],
        tables: [{ table: "geo.quakes", mode: "merge", key: ["id"] }],
        quality: [{ table: null, rule: "notNull(id)", severity: "fail" }],
      },
      limits: { queue: "default", timeoutMs: 30_000, disableAfter: null },
      params: { day: "today" },
      children: ["report"],
      codeVersion: "one",
      tables: [{ table: "quakes", read: 4, inserted: 4, run: id }],
    });
    expect(detail.nextFires).toHaveLength(10);
    expect(detail.codeChangedAt).not.toBeNull();
    expect((await get<z.output<typeof PipelineDetail>>("/pipelines/report")).parents).toEqual(["quakes"]);
  });

  it("has its versions, each when it was first seen", async () => {
    await bed.register({ quakes: { codeVersion: "one" } });
    await bed.register({ quakes: { codeVersion: "one", owner: "Ada" } });
    await bed.register({ quakes: { codeVersion: "two" } });
    await bed.register({ quakes: { codeVersion: "one" } });
    const { items } = await get<z.output<typeof PipelineVersions>>("/pipelines/quakes/versions");
    expect(items.map(({ codeVersion }) => codeVersion)).toEqual(["one", "two", "one"]);
    const first = await get<z.output<typeof PipelineVersions>>("/pipelines/quakes/versions?limit=2");
    const rest = await get<z.output<typeof PipelineVersions>>(
      `/pipelines/quakes/versions?limit=2&after=${first.next}`,
    );
    expect([...first.items, ...rest.items]).toEqual(items);
    expect(rest.next).toBeUndefined();
  });

  it("has the changes of its tables alone", async () => {
    await bed.register({ quakes: {}, tides: {} });
    const at = new Date().toISOString();
    const changes = [
      { table: "t", kind: "add-column" as const, column: "c", to: "text", statement: "ALTER" },
    ];
    await publish(bed.control.pool, [
      { type: "schema.changed", at, pipeline: "quakes", data: { changes } },
      { type: "schema.changed", at, pipeline: "tides", data: { changes } },
      { type: "pipeline.enabled", at, pipeline: "quakes", data: {} },
    ]);
    const { items } = await get<z.output<typeof SchemaChangesPage>>("/pipelines/quakes/schema");
    expect(items).toMatchObject([{ type: "schema.changed", pipeline: "quakes", data: { changes } }]);
  });

  it("tells its checkpoint as its destination has it, or why that cannot be read", async () => {
    await bed.register({ quakes: {} });
    const [id] = await seedRuns(bed.control.pool, [{ pipeline: "quakes" }]);
    await seedRuns(bed.control.pool, [{ pipeline: "quakes", status: "failed" }]);
    await bed.control.pool.query(`UPDATE millrace_control.runs SET checkpoint = '{"": 7}' WHERE id = $1`, [
      id,
    ]);
    state = async () => ({ checkpoints: { "": 8 }, openEpochs: [] });
    const path = "/pipelines/quakes/checkpoint";
    expect(await get<z.output<typeof PipelineCheckpoint>>(path)).toEqual({
      checkpoints: { "": 8 },
      openEpochs: [],
      error: null,
      lastRun: id,
      lastRunCheckpoint: { "": 7 },
    });
    state = async () => {
      throw new MillraceError("MLR_READER_FAILED", "The process ended", { hint: "Look at the log." });
    };
    expect(await get<z.output<typeof PipelineCheckpoint>>(path)).toMatchObject({
      checkpoints: null,
      error: { code: "MLR_READER_FAILED", message: "The process ended", hint: "Look at the log." },
      lastRunCheckpoint: { "": 7 },
    });
    state = async () => {
      throw new MillraceError("MLR_DESTINATION_UNAVAILABLE", "connect postgres://ada:pass@db");
    };
    const { text } = await bed.as("viewer").get(path);
    expect(text).toContain("MLR_DESTINATION_UNAVAILABLE");
    expect(text).not.toContain("pass");
  });

  it("has the results of its quality rules, those that failed first", async () => {
    await bed.register({ quakes: {} });
    const [first, second] = await seedRuns(bed.control.pool, [
      { pipeline: "quakes" },
      { pipeline: "quakes" },
    ]);
    await bed.control.pool.query(
      `INSERT INTO millrace_control.quality_results (at, run, pipeline, table_name, rule, kind, severity, status, landed, observed,
         expected, checked, failures, reason)
       SELECT now() + n * interval '1 second', run, pipeline, 'quakes', rule, 'notNull', 'warn', status, true, '3', 'no nulls', 9, 3, NULL
       FROM (VALUES (1, $1::uuid, 'quakes', 'id', 'passed'), (2, $2::uuid, 'quakes', 'id', 'passed'),
         (1, $1::uuid, 'quakes', 'mag', 'passed'), (2, $2::uuid, 'quakes', 'mag', 'failed'),
         (3, $2::uuid, 'tides', 'mag', 'failed')) AS given (n, run, pipeline, rule, status)`,
      [first, second],
    );
    const { items } = await get<z.output<typeof PipelineQuality>>("/pipelines/quakes/quality");
    expect(items.map(({ rule, status, points }) => [rule, status, points.map(({ run }) => run)])).toEqual([
      ["mag", "failed", [first, second]],
      ["id", "passed", [first, second]],
    ]);
    expect(items[0]).toMatchObject({ observed: 3, checked: 9, failures: 3, run: second });
  });

  it("has its runs counted by days of a time zone", async () => {
    await bed.register({ quakes: {} });
    const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
    const at = Date.parse(`${day}T23:30:00Z`);
    await seedRuns(bed.control.pool, [
      {
        pipeline: "quakes",
        startedAt: at,
        durationMs: 100,
        counts: { a: { inserted: 2 }, b: { inserted: 3, updated: 1 } },
      },
      { pipeline: "quakes", startedAt: at + 10 * MINUTE, durationMs: 300, status: "died" },
      { pipeline: "quakes", startedAt: at + 60 * MINUTE, durationMs: 500 },
      { pipeline: "quakes", startedAt: Date.now() - 40 * 86_400_000 },
      { pipeline: "quakes", status: "queued" },
    ]);
    const utc = await get<z.output<typeof PipelineStats>>("/pipelines/quakes/stats");
    expect(utc.items.map(({ runs, failed, inserted, updated }) => [runs, failed, inserted, updated])).toEqual(
      [
        [2, 1, 5, 1],
        [1, 0, 0, 0],
      ],
    );
    expect(utc.items[0]).toMatchObject({ at: `${day}T00:00:00.000Z`, durationP95Ms: 300 });
    const east = await get<z.output<typeof PipelineStats>>("/pipelines/quakes/stats?timeZone=Asia/Tokyo");
    expect(east.items.map(({ runs }) => runs)).toEqual([3]);
    expect((await bed.as("viewer").get("/pipelines/quakes/stats?timeZone=Moon/Sea")).status).toBe(400);
    expect((await bed.as("viewer").get("/pipelines/quakes/stats?timeZone='%3B--")).status).toBe(400);
  });

  it("is not found, in whole and in parts, where nobody knows it", async () => {
    for (const part of ["", "/runs", "/schema", "/checkpoint", "/quality", "/stats", "/versions"]) {
      const { status, body } = await bed.as("viewer").get(`/pipelines/no'body${part}`);
      expect({ status, code: body["code"] }, part).toEqual({ status: 404, code: "MLR_PIPELINE_NOT_FOUND" });
      expect((await bed.as("nobody").get(`/pipelines/nobody${part}`)).status, part).toBe(401);
    }
  });

  it("has runs where it is not registered", async () => {
    const [id] = await seedRuns(bed.control.pool, [{ pipeline: "by-hand" }]);
    const { items } = await get<{ items: { id: string }[] }>("/pipelines/by-hand/runs?status=succeeded");
    expect(items.map((run) => run.id)).toEqual([id]);
  });
});

describe("groups and schedules", () => {
  it("count the pipelines of each group by what they are up to", async () => {
    await bed.register({
      quakes: { group: "geo", schedule: every("1 hour") },
      tides: { group: "geo", enabled: false, schedule: every("1 minute") },
      lone: {},
    });
    await seedRuns(bed.control.pool, [
      { pipeline: "quakes", status: "failed" },
      { pipeline: "quakes", status: "queued" },
      { pipeline: "tides", status: "running" },
    ]);
    const { items } = await get<z.output<typeof GroupsList>>("/groups");
    expect(items).toMatchObject([
      { name: "geo", pipelines: 2, enabled: 1, disabled: 1, paused: 0, failing: 1, running: 1, queued: 1 },
      { name: null, pipelines: 1, lastRunAt: null, nextRunAt: null },
    ]);
    expect(items[0]?.nextRunAt).toMatch(/:00:00\.000Z$/);
  });

  it("tell the next fires in the order of the names", async () => {
    await bed.register({
      quakes: { group: "geo", schedule: cron("30 2 * * *", { timeZone: "Asia/Tokyo" }) },
      tides: { schedule: every("10 minutes"), enabled: false },
      manual: {},
    });
    const all = await get<z.output<typeof SchedulesPage>>("/schedules?count=3");
    expect(all.items.map(({ pipeline: name, state, nextFires }) => [name, state, nextFires.length])).toEqual([
      ["quakes", "enabled", 3],
      ["tides", "disabled", 0],
    ]);
    expect(all.items[0]?.nextFires.every((at) => at.endsWith("T17:30:00.000Z"))).toBe(true);
    const first = await get<z.output<typeof SchedulesPage>>("/schedules?limit=1");
    expect(first.next).toBe("quakes");
    expect(
      (await get<z.output<typeof SchedulesPage>>(`/schedules?limit=1&after=${first.next}`)).items[0]
        ?.pipeline,
    ).toBe("tides");
    expect(
      (await get<z.output<typeof SchedulesPage>>("/schedules?group=geo&until=2000-01-01T00:00:00Z")).items[0]
        ?.nextFires,
    ).toEqual([]);
    expect((await bed.as("viewer").get("/schedules?count=1000")).status).toBe(400);
  });
});

/** A pipeline as its registration has it. */
function describe1(made: Pipeline) {
  const { name: _, ...described } = describePipeline(made, {
    file: "pipelines/quakes.ts",
    codeVersion: "one",
  });
  return { ...described, limits: { ...RUN_LIMITS, ...described.limits } };
}
