import { randomUUID } from "node:crypto";
import { newRunId } from "@millrace/platform";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Bed, type Client, openBed } from "./bed.ts";

let bed: Bed;
let operator: Client;

beforeAll(async () => {
  bed = await openBed();
  operator = bed.as("operator");
});
afterAll(() => bed.close());
beforeEach(async () => {
  await bed.control.pool.query(
    `TRUNCATE millrace_control.runs, millrace_control.pipelines, millrace_control.commands, millrace_control.tasks,
       millrace_control.backfills, millrace_control.backfill_partitions`,
  );
  await bed.register({
    quakes: {},
    typed: {
      paramsSchema: {
        type: "object",
        properties: { days: { type: "integer", minimum: 1, maximum: 30 }, place: { type: "string" } },
        required: ["days"],
        additionalProperties: false,
      },
    },
  });
});

interface Receipt {
  readonly runs: readonly string[];
  readonly done: boolean;
}
interface Refusal {
  readonly code: string;
  readonly details: { readonly fields: Readonly<Record<string, string>> };
}
interface Items<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

const statusOf = async (run: string | undefined): Promise<string | undefined> =>
  (
    await bed.control.pool.query<{ status: string }>(
      "SELECT status FROM millrace_control.runs WHERE id = $1",
      [run],
    )
  ).rows[0]?.status;

/** A run that ended like this. */
async function ended(status: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = newRunId();
  const columns = { pipeline: "quakes", trigger: "manual", kind: "pipeline", ...more };
  const names = Object.keys(columns);
  await bed.control.pool.query(
    `INSERT INTO millrace_control.runs (id, status, finished_at, ${names.join(", ")})
     VALUES ($1, $2, clock_timestamp(), ${names.map((_, index) => `$${index + 3}`).join(", ")})`,
    [id, status, ...Object.values(columns)],
  );
  return id;
}

describe("commands", () => {
  test("start queues a run as it was asked for, and who asked is recorded", async () => {
    const { status, body } = await operator.post<Receipt>("/pipelines/quakes/start", {
      full: true,
      since: "2026-01-01",
      limit: 10,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ pipeline: "quakes", done: true });
    const { rows } = await bed.control.pool.query(
      "SELECT status, options, requested_by FROM millrace_control.runs WHERE id = $1",
      [body.runs[0]],
    );
    expect(rows).toEqual([
      {
        status: "queued",
        options: { full: true, since: "2026-01-01", limit: 10 },
        requested_by: "test operator",
      },
    ]);
    const { body: list } = await operator.get("/commands?pipeline=quakes");
    expect(list).toMatchObject({
      items: [{ kind: "start", pipeline: "quakes", requestedBy: "test operator", status: "done" }],
    });
  });

  test("start without a body is a start", async () => {
    expect((await operator.post("/pipelines/quakes/start")).status).toBe(200);
  });

  test("what is wrong with parameters is told of each, and no value is repeated", async () => {
    const wrong = await operator.post<Refusal>("/pipelines/typed/start", {
      params: { days: 99, place: 5, plac: "hidden" },
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.details.fields).toEqual({
      "params.plac": 'is no parameter; did you mean "place"?',
    });
    const values = await operator.post<Refusal>("/pipelines/typed/start", { params: { days: 99, place: 5 } });
    expect(Object.keys(values.body.details.fields)).toEqual(["params.days", "params.place"]);
    const missing = await operator.post<Refusal>("/pipelines/typed/start", { params: { place: "s3cr3t" } });
    expect(missing.body.details.fields).toEqual({ "params.days": "is missing" });
    expect(wrong.text + values.text + missing.text).not.toMatch(/99|hidden|s3cr3t/);
  });

  test("parameters that fit reach the run, and its record has their names alone", async () => {
    const { body } = await operator.post<Receipt>("/pipelines/typed/start", { params: { days: 3 } });
    const { rows } = await bed.control.pool.query(
      "SELECT options, request FROM millrace_control.runs WHERE id = $1",
      [body.runs[0]],
    );
    expect(rows).toEqual([{ options: { params: ["days"] }, request: { params: { days: 3 } } }]);
  });

  test.each(["stop", "pause", "resume", "restart", "enable", "disable"])("%s is done", async (kind) => {
    const { status } = await operator.post(`/pipelines/quakes/${kind}`, {});
    expect(status).toBe(200);
    const { body } = await operator.get<Items<unknown>>(`/commands?kind=${kind}`);
    expect(body.items).toHaveLength(1);
  });

  test("stop takes what waits out of the queue", async () => {
    const started = await operator.post<Receipt>("/pipelines/quakes/start");
    await operator.post("/pipelines/quakes/stop");
    expect(await statusOf(started.body.runs[0])).toBe("cancelled");
  });

  test("a run is cancelled by its id, and only once", async () => {
    const { body } = await operator.post<Receipt>("/pipelines/quakes/start");
    const [run] = body.runs;
    expect((await operator.post(`/runs/${run}/cancel`)).status).toBe(200);
    expect(await statusOf(run)).toBe("cancelled");
    expect((await operator.post(`/runs/${run}/cancel`)).status).toBe(400);
    expect((await operator.post(`/runs/${randomUUID()}/stop`)).status).toBe(404);
  });

  test("the id of a run is no name of a pipeline", async () => {
    const { body } = await operator.post<Receipt>("/pipelines/quakes/start");
    expect((await operator.post(`/pipelines/${body.runs[0]}/stop`)).status).toBe(404);
    expect(await statusOf(body.runs[0])).toBe("queued");
  });

  test("retry asks for the same in a new run, unless parameters are lost", async () => {
    const failed = await ended("failed", { options: { full: true } });
    const { body } = await operator.post<{ run: string }>(`/runs/${failed}/retry`);
    expect(body.run).not.toBe(failed);
    const { rows } = await bed.control.pool.query("SELECT options FROM millrace_control.runs WHERE id = $1", [
      body.run,
    ]);
    expect(rows).toEqual([{ options: { full: true } }]);
    const given = await ended("failed", { options: { params: ["days"] } });
    expect((await operator.post(`/runs/${given}/retry`)).status).toBe(400);
    const good = await ended("succeeded");
    expect((await operator.post(`/runs/${good}/retry`)).status).toBe(400);
  });

  test("a checkpoint is reset when the name is said once more", async () => {
    const reset = "/pipelines/quakes/checkpoint/reset";
    expect((await operator.post(reset, { confirm: "quake" })).status).toBe(400);
    expect((await operator.post(reset, {})).status).toBe(400);
    expect((await operator.post(reset, { confirm: "quakes" })).body).toEqual({
      pipeline: "quakes",
      reset: true,
    });
    const { body } = await operator.get("/commands?kind=reset");
    expect(body).toMatchObject({ items: [{ kind: "reset", requestedBy: "test operator", outcome: "done" }] });
  });

  test("commands come page by page, newest first", async () => {
    for (let count = 0; count < 5; count++) await operator.post("/pipelines/quakes/pause");
    const seen: string[] = [];
    let after = "";
    do {
      const { body } = await operator.get<Items<{ id: string }>>(`/commands?limit=2${after}`);
      seen.push(...body.items.map(({ id }) => id));
      after = body.next === undefined ? "" : `&after=${encodeURIComponent(body.next)}`;
    } while (after !== "");
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual(seen.toSorted().toReversed());
  });

  test("a viewer may look and not steer", async () => {
    const viewer = bed.as("viewer");
    expect((await viewer.post("/pipelines/quakes/start")).status).toBe(403);
    expect((await viewer.get("/commands")).status).toBe(200);
  });
});

describe("backfills", () => {
  const range = { pipeline: "quakes", from: "2026-01-01", to: "2026-01-05" };

  test("a dry run says which partitions there are and changes nothing", async () => {
    const { body } = await operator.post("/backfills", { ...range, dryRun: true });
    expect(body).toEqual({
      id: null,
      pipeline: "quakes",
      partitions: ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
      done: [],
      busy: [],
    });
    expect((await operator.get<Items<unknown>>("/backfills")).body.items).toEqual([]);
  });

  test("a backfill is started, followed page by page, and cancelled", async () => {
    const { body } = await operator.post<{ id: string }>("/backfills", { ...range, parallel: 2 });
    const detail = await operator.get(`/backfills/${body.id}`);
    expect(detail.body).toMatchObject({
      total: 4,
      counts: { queued: 2, waiting: 2 },
      over: false,
      parallel: 2,
    });
    const first = await operator.get<Items<{ partition: string }>>(
      `/backfills/${body.id}/partitions?limit=3`,
    );
    expect(first.body.items.map(({ partition }) => partition)).toEqual([
      "2026-01-01",
      "2026-01-02",
      "2026-01-03",
    ]);
    const second = await operator.get<Items<{ partition: string }>>(
      `/backfills/${body.id}/partitions?limit=3&after=${first.body.next}`,
    );
    expect(second.body.items.map(({ partition }) => partition)).toEqual(["2026-01-04"]);
    expect((await operator.post(`/backfills/${body.id}/cancel`)).status).toBe(200);
    const over = await operator.get(`/backfills/${body.id}`);
    expect(over.body).toMatchObject({ counts: { cancelled: 4 }, over: true });
    expect((await operator.get("/backfills?pipeline=quakes")).body).toMatchObject({
      items: [{ id: body.id }],
    });
  });

  test.each([
    ["neither a range nor partitions", { pipeline: "quakes" }],
    ["a range that ends before it begins", { ...range, to: "2025-01-01" }],
    ["a time zone that is none", { ...range, timeZone: "Mars/Olympus" }],
    ["times that are none", { ...range, from: "yesterday" }],
  ])("%s is refused", async (_what, wishes) => {
    expect((await operator.post("/backfills", wishes)).status).toBe(400);
  });

  test("what is not there is not found", async () => {
    expect((await operator.post("/backfills", { ...range, pipeline: "none" })).status).toBe(404);
    for (const path of ["", "/partitions"])
      expect((await operator.get(`/backfills/${randomUUID()}${path}`)).status).toBe(404);
  });
});

describe("jobs", () => {
  const job = (status: string): Promise<string> =>
    ended(status, {
      kind: "task",
      pipeline: "task:mail",
      payload: JSON.stringify({ to: "a@example.com", token: "s3cr3t" }),
      queued_at: new Date(),
    });

  test("dead letters are queued again or discarded, and what they were given is never shown", async () => {
    const [again, away, good] = [await job("failed"), await job("died"), await job("succeeded")];
    const dead =
      await operator.get<Items<{ id: string; payloadFields: string[] }>>("/jobs?dead=true&task=mail");
    expect(dead.body.items.map(({ id }) => id)).toEqual([away, again]);
    expect(dead.body.items[0]?.payloadFields).toEqual(["to", "token"]);
    expect(dead.text).not.toContain("s3cr3t");
    expect((await operator.post(`/jobs/${again}/requeue`)).body).toEqual({ id: again, status: "queued" });
    expect((await operator.post(`/jobs/${away}/discard`)).body).toEqual({ id: away, status: "cancelled" });
    expect((await operator.post(`/jobs/${good}/discard`)).status).toBe(400);
    expect((await operator.get<Items<unknown>>("/jobs?dead=true")).body.items).toEqual([]);
    expect((await operator.get(`/jobs/${away}`)).body).toMatchObject({
      status: "cancelled",
      payloadFields: [],
    });
    expect((await operator.get("/commands?kind=discard")).body).toMatchObject({ items: [{ run: away }] });
    expect((await operator.post(`/jobs/${randomUUID()}/requeue`)).status).toBe(404);
  });

  test("queues tell what waits, how long starts took, and what is dead", async () => {
    await job("failed");
    await operator.post("/pipelines/quakes/start");
    const started = await ended("succeeded", {
      queued_at: new Date(Date.now() - 3_000),
      available_at: new Date(Date.now() - 3_000),
      started_at: new Date(Date.now() - 1_000),
      tries: 1,
    });
    expect(await statusOf(started)).toBe("succeeded");
    const { body } = await operator.get<Items<Record<string, unknown>>>("/queues");
    expect(body.items).toEqual([
      {
        name: "default",
        queued: 1,
        ready: 1,
        running: 0,
        oldestWaitMs: expect.any(Number),
        workers: 0,
        slots: 0,
        startLatency: { p50Ms: 2_000, p95Ms: 2_000, p99Ms: 2_000, runs: 1 },
        retries: 0,
        deadLetters: 1,
      },
    ]);
  });
});
