import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type ControlStore,
  metricSeries,
  openControl,
  pruneControl,
  sampleMetrics,
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
  await control.pool.query("TRUNCATE millrace_control.metrics, millrace_control.runs");
});

const NOON = Date.UTC(2026, 5, 1, 12);
const minute = (n: number): Date => new Date(NOON + n * 60_000);

async function put(minutes: number, labels: object, value: number): Promise<void> {
  await control.pool.query(
    "INSERT INTO millrace_control.metrics VALUES ('millrace_queue_runs', $1, $2, $3)",
    [JSON.stringify(labels), minute(minutes), value],
  );
}

it("keeps what the control database holds, once for each minute, by its highest value", async () => {
  await control.pool.query(
    `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, queue, queued_at, available_at)
     SELECT gen_random_uuid(), 'p' || n, 'queued', 'manual', 'heavy', now(), now() FROM generate_series(1, 3) AS n`,
  );
  // The two may fall into two minutes.
  await sampleMetrics(control.pool);
  await control.pool.query("DELETE FROM millrace_control.runs WHERE pipeline = 'p1'");
  await sampleMetrics(control.pool);
  const now = Date.now();
  const series = await metricSeries(control.pool, {
    name: "millrace_queue_runs",
    from: new Date(now - 300_000),
    to: new Date(now + 300_000),
    step: 600,
  });
  const ready = series.filter(({ labels }) => labels["status"] === "ready");
  expect(ready.map(({ labels }) => labels)).toEqual([{ queue: "heavy", status: "ready" }]);
  expect(ready[0]?.points.map(({ max }) => max)).toEqual([3]);
});

it("tells a series for each set of labels, in steps with their mean and highest value", async () => {
  for (let n = 0; n < 10; n++) await put(n, { queue: "a", status: "ready" }, n);
  await put(4, { queue: "b", status: "ready" }, 100);
  const ask = { name: "millrace_queue_runs", from: minute(0), to: minute(10), step: 300 };
  expect(await metricSeries(control.pool, ask)).toEqual([
    {
      labels: { queue: "b", status: "ready" },
      points: [{ at: "2026-06-01T12:00:00.000Z", value: 100, max: 100 }],
    },
    {
      labels: { queue: "a", status: "ready" },
      points: [
        { at: "2026-06-01T12:00:00.000Z", value: 2, max: 4 },
        { at: "2026-06-01T12:05:00.000Z", value: 7, max: 9 },
      ],
    },
  ]);
  expect(await metricSeries(control.pool, { ...ask, name: "millrace_workers" })).toEqual([]);
});

it("is pruned by age", async () => {
  await put(0, {}, 1);
  await put(60, {}, 2);
  const [pruned] = await pruneControl(control.pool, { olderThan: minute(30), tables: ["metrics"] });
  expect(pruned).toMatchObject({ table: "metrics", rows: 1 });
  const { rows } = await control.pool.query("SELECT value FROM millrace_control.metrics");
  expect(rows).toEqual([{ value: 2 }]);
});
