import { randomUUID } from "node:crypto";
import { newRunId, publish } from "@millrace/platform";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import type { EventsPage } from "../../src/manage/events/schemas.ts";
import type { FunctionsList } from "../../src/manage/functions/schemas.ts";
import type { LogsPage } from "../../src/manage/logs/schemas.ts";
import type { ObjectsPage } from "../../src/manage/objects/schemas.ts";
import type { RunLogsPage } from "../../src/manage/runs/schemas.ts";
import { type Bed, openBed } from "../bed.ts";
import { seedRuns } from "../seed-runs.ts";

type Logs = z.output<typeof LogsPage>;
type RunLogs = z.output<typeof RunLogsPage>;
type Events = z.output<typeof EventsPage>;

const NOON = Date.parse("2026-11-20T12:00:00Z");

let bed: Bed;
beforeAll(async () => {
  bed = await openBed();
  for (const day of ["2026-11-19", "2026-11-20", "2026-11-21"]) {
    const end = new Date(Date.parse(day) + 86_400_000).toISOString();
    await bed.control.pool.query(
      `CREATE TABLE millrace_control.logs_${day.replaceAll("-", "")} PARTITION OF millrace_control.logs
       FOR VALUES FROM ('${day}T00:00:00Z') TO ('${end}')`,
    );
  }
});
afterAll(() => bed?.close());
beforeEach(async () => {
  await bed.control.pool.query(
    `TRUNCATE millrace_control.runs, millrace_control.pipelines, millrace_control.events, millrace_control.logs,
       millrace_control.function_calls, millrace_control.run_objects`,
  );
});

const get = async <T>(path: string): Promise<T> => {
  const { status, body, text } = await bed.as("viewer").get<T>(path);
  expect(status, `${path} ${text}`).toBe(200);
  return body;
};

interface Line {
  readonly at?: number;
  readonly level?: number;
  readonly run?: string | undefined;
  readonly pipeline?: string;
  readonly group?: string;
  readonly worker?: string;
  readonly message?: string;
  readonly fields?: object;
}

/** Writes lines in one statement, in their order. */
async function write(lines: readonly Line[]): Promise<void> {
  await bed.control.pool.query(
    `INSERT INTO millrace_control.logs (id, at, level, run, pipeline, "group", worker, message, fields)
     SELECT gen_random_uuid(), line.* FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (value, place)
     CROSS JOIN LATERAL jsonb_to_record(given.value) AS line (at timestamptz, level int, run uuid, pipeline text, "group" text,
       worker text, message text, fields json) ORDER BY given.place`,
    [
      JSON.stringify(
        lines.map(({ at = NOON, level = 30, message = "said", ...others }) => ({
          at: new Date(at).toISOString(),
          level,
          message,
          ...others,
        })),
      ),
    ],
  );
}

const messagesOf = async (query: string): Promise<string[]> =>
  (await get<Logs>(`/logs${query}`)).items.map(({ message }) => message);

describe("the lines of all runs", () => {
  it("are told newest first, also over several days", async () => {
    const run = newRunId();
    await write([
      { at: NOON - 86_400_000, message: "yesterday" },
      {
        at: NOON,
        message: "noon",
        run,
        pipeline: "quakes",
        group: "geo",
        worker: "alpha",
        fields: { page: 1 },
      },
      { at: NOON + 86_400_000, message: "tomorrow", level: 50 },
    ]);
    const { items, next, searchedTo } = await get<Logs>("/logs");
    expect([next, searchedTo]).toEqual([undefined, null]);
    expect(items.map(({ message }) => message)).toEqual(["tomorrow", "noon", "yesterday"]);
    expect(items[1]).toMatchObject({
      at: "2026-11-20T12:00:00.000Z",
      level: "info",
      run,
      pipeline: "quakes",
      group: "geo",
      worker: "alpha",
      fields: { page: 1 },
      stream: null,
    });
    expect(items[0]?.level).toBe("error");
  });

  it("are what each filter asks for", async () => {
    await write([
      { message: "fine 100%", pipeline: "quakes", group: "geo", worker: "alpha", level: 20 },
      { message: "odd", at: NOON + 1, pipeline: "tides", group: "geo", worker: "beta", level: 40 },
      {
        message: "bad",
        at: NOON + 2,
        pipeline: "prices",
        level: 50,
        fields: { url: "https://Example.org/" },
      },
    ]);
    expect(await messagesOf("?level=trace")).toEqual(["bad", "odd", "fine 100%"]);
    expect(await messagesOf("?level=info")).toEqual(["bad", "odd"]);
    expect(await messagesOf("?level=warn")).toEqual(["bad", "odd"]);
    expect(await messagesOf("?level=error")).toEqual(["bad"]);
    expect(await messagesOf("?level=fatal")).toEqual([]);
    expect(await messagesOf("?pipeline=tides")).toEqual(["odd"]);
    expect(await messagesOf("?group=geo")).toEqual(["odd", "fine 100%"]);
    expect(await messagesOf("?worker=alpha")).toEqual(["fine 100%"]);
    expect(await messagesOf("?search=BAD")).toEqual(["bad"]);
    expect(await messagesOf("?search=example.ORG")).toEqual(["bad"]);
    expect(await messagesOf("?search=0%25")).toEqual(["fine 100%"]);
    expect(await messagesOf("?search=_")).toEqual([]);
    expect(await messagesOf(`?from=${iso(NOON + 1)}&to=${iso(NOON + 2)}`)).toEqual(["odd"]);
    expect(await messagesOf("?level=warn&group=geo&search=o")).toEqual(["odd"]);
  });

  it("come once over the pages, also those of one moment, while others are added", async () => {
    const lines = Array.from({ length: 23 }, (_, i) => ({ message: `line ${i}`, at: NOON + (i >> 2) }));
    await write(lines);
    for (const filter of ["", "search=line&", "level=debug&"]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await get<Logs>(`/logs?limit=5&${filter}${after === undefined ? "" : `after=${after}`}`);
        seen.push(...page.items.map(({ message }) => message));
        after = page.next;
        await write([{ at: NOON + 3_600_000, message: "later line" }]);
      } while (after !== undefined);
      expect(seen.filter((each) => each !== "later line").toSorted()).toEqual(
        lines.map(({ message }) => message).toSorted(),
      );
    }
  });

  it("are looked through a part at a time where few are wanted, and none is passed over", async () => {
    await bed.control.pool.query(
      `INSERT INTO millrace_control.logs (id, at, level, message)
       SELECT gen_random_uuid(), $1::timestamptz - n * interval '1 millisecond', 30, CASE WHEN n IN (5, 6000, 12499) THEN 'needle ' || n ELSE 'hay' END
       FROM generate_series(0, 12500) AS n`,
      [new Date(NOON)],
    );
    const seen: string[] = [];
    const pages: number[] = [];
    let after: string | undefined;
    do {
      const page: Logs = await get<Logs>(
        `/logs?search=needle${after === undefined ? "" : `&after=${after}`}`,
      );
      seen.push(...page.items.map(({ message }) => message));
      pages.push(page.items.length);
      expect(page.searchedTo === null).toBe(page.next === undefined);
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(["needle 5", "needle 6000", "needle 12499"]);
    expect(pages).toEqual([1, 1, 1]);
  });

  it("are refused for what is no filter", async () => {
    for (const query of [
      "after=x",
      `after=${encodeURIComponent("2026-11-20T12:00:00.000000Z_nothing")}`,
      `after=2026-99-20T12:00:00.000000Z_${randomUUID()}`,
      `after=2026-02-31T12:00:00.000000Z_${randomUUID()}`,
      "level=loud",
      "from=1",
      "from=0000-01-01T00:00:00Z",
      `search=${"x".repeat(201)}`,
      "search=a%00",
      "limit=501",
    ])
      expect((await bed.as("viewer").get(`/logs?${query}`)).status, query).toBe(400);
  });
});

describe("the lines of a run", () => {
  const logsOf = (run: string | undefined, query = ""): Promise<RunLogs> =>
    get<RunLogs>(`/runs/${run}/logs${query}`);
  const texts = ({ items }: RunLogs): string[] => items.map(({ message }) => message);
  const seeded = async (count: number): Promise<string> => {
    const [run = "", other] = await seedRuns(bed.control.pool, [
      { pipeline: "quakes", startedAt: NOON, durationMs: 60_000 },
      { pipeline: "tides", startedAt: NOON },
    ]);
    await write(
      Array.from({ length: count }, (_, i) => [
        { run, message: `${i}`, level: i % 10 === 0 ? 40 : 30, at: NOON + i },
        { run: other, message: "other" },
      ]).flat(),
    );
    return run;
  };

  it("are the last ones, then those in front of them", async () => {
    const run = await seeded(25);
    const last = await logsOf(run, "?limit=10");
    expect(texts(last)).toEqual(Array.from({ length: 10 }, (_, i) => `${i + 15}`));
    expect(last.more).toBe(false);
    const middle = await logsOf(run, `?limit=10&before=${last.before}`);
    expect(texts(middle)).toEqual(Array.from({ length: 10 }, (_, i) => `${i + 5}`));
    expect(middle.more).toBe(true);
    const first = await logsOf(run, `?limit=10&before=${middle.before}`);
    expect(texts(first)).toEqual(["0", "1", "2", "3", "4"]);
    expect(first.before).toBeNull();
  });

  it("are followed from a position on", async () => {
    const run = await seeded(3);
    const { after } = await logsOf(run);
    expect(await logsOf(run, `?after=${after}`)).toMatchObject({ items: [], after, more: false });
    await write([
      { run, message: "three" },
      { run, message: "four" },
      { run, message: "five" },
    ]);
    const page = await logsOf(run, `?after=${after}&limit=2`);
    expect([texts(page), page.more]).toEqual([["three", "four"], true]);
    const rest = await logsOf(run, `?after=${page.after}&limit=2`);
    expect([texts(rest), rest.more]).toEqual([["five"], false]);
    expect(texts(await logsOf(run, "?after=0&limit=3"))).toEqual(["0", "1", "2"]);
  });

  it("are those of a level or with a text, and what does not fit is not looked at again", async () => {
    const run = await seeded(25);
    expect(texts(await logsOf(run, "?level=warn"))).toEqual(["0", "10", "20"]);
    const one = await logsOf(run, "?level=warn&limit=1");
    expect(texts(one)).toEqual(["20"]);
    expect(texts(await logsOf(run, `?level=warn&before=${one.before}`))).toEqual(["0", "10"]);
    expect(texts(await logsOf(run, "?search=24"))).toEqual(["24"]);
    const none = await logsOf(run, "?search=nothing&after=0");
    const { after } = await logsOf(run);
    expect(none).toMatchObject({ items: [], more: false, after });
  });

  it("are all found where a search has to look through many", async () => {
    const [run = ""] = await seedRuns(bed.control.pool, [
      { pipeline: "quakes", startedAt: NOON, durationMs: 60_000 },
    ]);
    await bed.control.pool.query(
      `INSERT INTO millrace_control.logs (id, at, level, run, message)
       SELECT gen_random_uuid(), $1::timestamptz + n * interval '1 millisecond', 30, $2, CASE WHEN n IN (5, 12000, 24999) THEN 'needle ' || n ELSE 'hay' END
       FROM generate_series(0, 25000) AS n ORDER BY n`,
      [new Date(NOON), run],
    );
    const backward: string[] = [];
    let page = await logsOf(run, "?search=needle");
    for (;;) {
      backward.unshift(...texts(page));
      if (page.before === null) break;
      page = await logsOf(run, `?search=needle&before=${page.before}`);
    }
    expect(backward).toEqual(["needle 5", "needle 12000", "needle 24999"]);
    const forward: string[] = [];
    for (
      page = await logsOf(run, "?search=needle&after=0");
      ;
      page = await logsOf(run, `?search=needle&after=${page.after}`)
    ) {
      forward.push(...texts(page));
      if (!page.more) break;
    }
    expect(forward).toEqual(backward);
  });
});

describe("events", () => {
  it("are told newest first, and are what each filter asks for", async () => {
    const run = newRunId();
    const at = (ms: number): string => iso(NOON + ms);
    await publish(bed.control.pool, [
      { type: "run.started", at: at(0), pipeline: "quakes", group: "geo", run, data: { attempt: 1 } },
      {
        type: "run.committed",
        at: at(1),
        pipeline: "quakes",
        group: "geo",
        run,
        data: { commit: "1", counts: {} },
      },
      { type: "worker.lost", at: at(2), worker: "alpha", data: { reason: "no beat" } },
      {
        type: "pipeline.disabled",
        at: at(3),
        pipeline: "tides",
        group: "geo",
        data: { reason: "too many failures" },
      },
    ]);
    const types = async (query: string): Promise<string[]> =>
      (await get<Events>(`/events${query}`)).items.map(({ type }) => type);
    expect(await types("")).toEqual(["pipeline.disabled", "worker.lost", "run.committed", "run.started"]);
    expect(await types("?type=worker.lost,run.started")).toEqual(["worker.lost", "run.started"]);
    expect(await types("?pipeline=quakes")).toEqual(["run.committed", "run.started"]);
    expect(await types("?group=geo&type=pipeline.disabled")).toEqual(["pipeline.disabled"]);
    expect(await types(`?run=${run}`)).toEqual(["run.committed", "run.started"]);
    expect(await types(`?from=${at(1)}&to=${at(3)}`)).toEqual(["worker.lost", "run.committed"]);
    expect(await types("?to=2020-01-01T00:00:00Z")).toEqual([]);
    expect(await types("?from=2040-01-01T00:00:00Z")).toEqual([]);
    for (const query of ["type=run.exploded", "after=-1", "after=1e3", `after=${"9".repeat(30)}`, "run=1"])
      expect((await bed.as("viewer").get(`/events?${query}`)).status, query).toBe(400);
  });

  it("come once over the pages while others are added", async () => {
    const add = (n: number): Promise<void> =>
      publish(bed.control.pool, {
        type: n % 2 === 0 ? "pipeline.enabled" : "worker.lost",
        at: iso(NOON + n),
        pipeline: "quakes",
        data: { by: "Ada", reason: `${n}` },
      } as Parameters<typeof publish>[1]);
    for (let n = 0; n < 11; n += 1) await add(n);
    for (const filter of ["", "type=pipeline.enabled,worker.lost&", "pipeline=quakes&"]) {
      const highest = (await get<Events>("/events?limit=1")).items[0]?.id ?? 0;
      const seen: number[] = [];
      let after: string | undefined;
      do {
        const page = await get<Events>(
          `/events?limit=3&${filter}${after === undefined ? "" : `after=${after}`}`,
        );
        seen.push(...page.items.map(({ id }) => id));
        after = page.next;
        await add(99);
      } while (after !== undefined);
      expect(seen).toEqual(Array.from(seen).toSorted((a, b) => b - a));
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen[0]).toBe(highest);
      expect(seen.length).toBeGreaterThanOrEqual(11);
    }
  });
});

describe("what runs did inside", () => {
  it("is told by function", async () => {
    const [run = ""] = await seedRuns(bed.control.pool, [{ pipeline: "quakes" }]);
    const recorder = bed.control.facts.recorder({ run, pipeline: "quakes" });
    const call = { errors: 0, meanMs: 2, p95Ms: 3, maxMs: 4 };
    recorder.observe({
      type: "functions",
      calls: [
        { name: "parse", calls: 5, totalMs: 10, ...call },
        { name: "fetch", calls: 1, totalMs: 90, ...call },
      ],
    });
    await recorder.flush();
    const { items } = await get<z.output<typeof FunctionsList>>("/functions?pipeline=quakes");
    expect(items.map(({ name, calls }) => [name, calls])).toEqual([
      ["fetch", 1],
      ["parse", 5],
    ]);
    const own = await get<z.output<typeof FunctionsList>>(`/runs/${run}/functions`);
    expect(own.items.map(({ name }) => name)).toEqual(["fetch", "parse"]);
    expect(
      (await get<z.output<typeof FunctionsList>>("/functions?since=2040-01-01T00:00:00Z")).items,
    ).toEqual([]);
    expect((await get<z.output<typeof FunctionsList>>("/functions?pipeline=nobody")).items).toEqual([]);
  });

  it("is told by what was touched", async () => {
    const ids = await seedRuns(bed.control.pool, [
      { pipeline: "quakes" },
      { pipeline: "quakes" },
      { pipeline: "tides" },
    ]);
    await bed.control.pool.query(
      `INSERT INTO millrace_control.run_objects (run, pipeline, database, namespace, name, kind, use, at) VALUES
        ($1, 'quakes', 'pg', 'geo', 'Quakes', 'table', 'write', now() - interval '1 hour'),
        ($2, 'quakes', 'pg', 'geo', 'Quakes', 'table', 'write', now()),
        ($2, 'quakes', 'pg', '', 'zones', 'table', 'read', now()),
        ($3, 'tides', 'pg', 'sea', 'quakes', 'view', 'read', now())`,
      ids,
    );
    const objects = (query: string): Promise<z.output<typeof ObjectsPage>> => get(`/objects${query}`);
    const all = await objects("");
    expect(all.items.map(({ name, pipeline, use, runs }) => [name, pipeline, use, runs])).toEqual([
      ["Quakes", "quakes", "write", 2],
      ["quakes", "tides", "read", 1],
      ["zones", "quakes", "read", 1],
    ]);
    expect(all.items[0]).toMatchObject({ namespace: "geo", lastRun: ids[1] });
    expect((await objects("?name=QUAKES")).items).toHaveLength(2);
    expect((await objects("?name=sea.quakes")).items.map(({ pipeline }) => pipeline)).toEqual(["tides"]);
    expect((await objects("?name=any.zones")).items).toHaveLength(1);
    expect((await objects("?pipeline=quakes&name=zones")).items).toMatchObject([
      { namespace: null, use: "read" },
    ]);
    expect((await objects("?name=%25")).items).toEqual([]);
    const first = await objects("?limit=1");
    const second = await objects(`?limit=1&after=${encodeURIComponent(first.next ?? "")}`);
    const third = await objects(`?limit=1&after=${encodeURIComponent(second.next ?? "")}`);
    expect([...first.items, ...second.items, ...third.items]).toEqual(all.items);
    expect(third.next).toBeUndefined();
    expect((await bed.as("viewer").get("/objects?after=%7B%7D")).status).toBe(400);
    await bed.control.pool.query(
      `INSERT INTO millrace_control.files (run, pipeline, name, bytes, rows, hash, at) VALUES
        ($1, 'quakes', 'data/b.csv', 20, 2, decode(repeat('ab', 32), 'hex'), now()), ($1, 'quakes', 'data/a.csv', 9, 1, NULL, now()),
        ($2, 'quakes', 'data/c.csv', 20, 2, NULL, now())`,
      [ids[1], ids[0]],
    );
    interface Files {
      readonly items: readonly { readonly name: string; readonly hash: string | null }[];
      readonly next?: string;
    }
    const files = await get<Files>(`/runs/${ids[1]}/files?limit=1`);
    expect(files).toMatchObject({
      items: [{ name: "data/a.csv", bytes: 9, rows: 1, hash: null }],
      next: "data/a.csv",
    });
    const rest = await get<Files>(
      `/runs/${ids[1]}/files?limit=1&after=${encodeURIComponent(files.next ?? "")}`,
    );
    expect(rest).toMatchObject({ items: [{ name: "data/b.csv", hash: "ab".repeat(32) }] });
    expect(rest.next).toBeUndefined();
    const own = await get<{ items: { name: string }[] }>(`/runs/${ids[1]}/objects`);
    expect(own.items.map(({ name }) => name).toSorted()).toEqual(["Quakes", "zones"]);
  });
});

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
