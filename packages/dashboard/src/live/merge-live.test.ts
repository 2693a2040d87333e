import { QueryClient } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import { mergeLive, METRICS_KEY, resetTopic } from "./merge-live.ts";
import type { RunPatch } from "./messages.ts";

const RUN = "018f0000-0000-7000-8000-000000000001";

function patch(change: Partial<RunPatch>): { run: RunPatch } {
  return { run: { id: RUN, pipeline: "orders", ...change } };
}

function item(change: object = {}): object {
  return {
    id: RUN,
    pipeline: "orders",
    status: "running",
    rows: { read: 1, inserted: 0 },
    durationMs: null,
    ...change,
  };
}

describe("a patch of a run", () => {
  test("changes the run in lists of one page and of several, and leaves other runs the same objects", () => {
    const queries = new QueryClient();
    const other = item({ id: "other" });
    queries.setQueryData(["/api/v1/runs", null], { items: [other, item()] });
    queries.setQueryData(["/api/v1/runs", {}, "pages"], {
      pages: [{ items: [item()] }],
      pageParams: [undefined],
    });
    mergeLive(queries, "runs", patch({ status: "succeeded", durationMs: 5, rows: 40, inserted: 9 }));
    const changed = { status: "succeeded", durationMs: 5, rows: { read: 40, inserted: 9 } };
    const list = queries.getQueryData<{ items: object[] }>(["/api/v1/runs", null]);
    expect(list?.items[1]).toMatchObject(changed);
    expect(list?.items[0]).toBe(other);
    expect(queries.getQueryData(["/api/v1/runs", {}, "pages"])).toMatchObject({
      pages: [{ items: [changed] }],
    });
  });

  test("leaves an answer that has nothing to do with it as it is", () => {
    const queries = new QueryClient();
    const list = { items: [item({ id: "other" })] };
    queries.setQueryData(["/api/v1/runs", { query: { pipeline: "stations" } }], list);
    const stale = mergeLive(queries, "runs", patch({ status: "queued", trigger: "manual" }));
    expect(queries.getQueryData(["/api/v1/runs", { query: { pipeline: "stations" } }])).toBe(list);
    expect(stale.has("/api/v1/runs")).toBe(false);
  });

  test("asks for a list again that a new run belongs into", () => {
    const queries = new QueryClient();
    queries.setQueryData(["/api/v1/runs", { query: { status: "queued,running" } }], { items: [] });
    expect(
      mergeLive(queries, "runs", patch({ status: "queued", trigger: "manual" })).has("/api/v1/runs"),
    ).toBe(true);
  });

  test("takes a run that has ended out of what runs now, and moves one that goes on", () => {
    const queries = new QueryClient();
    const key = ["/api/v1/overview/running", null];
    queries.setQueryData(key, { items: [{ run: RUN, rows: 1, totalRows: 100, share: 0.01 }] });
    mergeLive(queries, "runs", patch({ rows: 50 }));
    expect(queries.getQueryData(key)).toEqual({
      items: [{ run: RUN, rows: 50, totalRows: 100, share: 0.5 }],
    });
    const stale = mergeLive(queries, "runs", patch({ status: "failed" }));
    expect(queries.getQueryData(key)).toEqual({ items: [] });
    expect(stale.has("/api/v1/overview")).toBe(true);
  });

  test("puts a tick at the end of its pipeline's strip and keeps 30", () => {
    const queries = new QueryClient();
    const key = ["/api/v1/overview/strips", null];
    const runs = Array.from({ length: 30 }, (_, place) => ({ id: `r${place}`, status: "succeeded" }));
    queries.setQueryData(key, { items: [{ pipeline: "orders", runs }] });
    mergeLive(queries, "runs", patch({ status: "running" }));
    mergeLive(queries, "runs", patch({ status: "failed", durationMs: 7 }));
    const [strip] = queries.getQueryData<{ items: { runs: { id: string }[] }[] }>(key)?.items ?? [];
    expect(strip?.runs).toHaveLength(30);
    expect(strip?.runs[0]?.id).toBe("r1");
    expect(strip?.runs.at(-1)).toMatchObject({ id: RUN, status: "failed", durationMs: 7 });
  });
});

test("an event comes to the head of the lists that it belongs to, once", () => {
  const queries = new QueryClient();
  const event = {
    id: 7,
    at: "2026-03-01T00:00:00Z",
    type: "run.died",
    pipeline: "orders",
    group: null,
    run: RUN,
    worker: null,
    data: {},
  };
  queries.setQueryData(["/api/v1/events", { query: { type: "run.died,run.retrying" } }, "pages"], {
    pages: [{ items: [{ id: 6 }] }],
  });
  queries.setQueryData(["/api/v1/events", { query: { pipeline: "stations" } }, "pages"], {
    pages: [{ items: [] }],
  });
  mergeLive(queries, "events", { event });
  mergeLive(queries, "events", { event });
  expect(
    queries.getQueryData(["/api/v1/events", { query: { type: "run.died,run.retrying" } }, "pages"]),
  ).toEqual({
    pages: [{ items: [event, { id: 6 }] }],
  });
  expect(queries.getQueryData(["/api/v1/events", { query: { pipeline: "stations" } }, "pages"])).toEqual({
    pages: [{ items: [] }],
  });
});

test("metrics stand in the cache, and a topic that cannot be resumed says what to load anew", () => {
  const queries = new QueryClient();
  const metrics = {
    at: "2026-03-01T00:00:00Z",
    running: 1,
    queued: 2,
    workers: 1,
    slots: 4,
    rowsPerSecond: 9,
    memoryBytes: 1,
    clients: 1,
  };
  mergeLive(queries, "metrics", { metrics });
  expect(queries.getQueryData(METRICS_KEY)).toEqual(metrics);
  expect([...resetTopic(`log:${RUN}`)]).toContain("/api/v1/runs/{id}/logs");
  expect([...resetTopic("metrics")]).toEqual([]);
});
