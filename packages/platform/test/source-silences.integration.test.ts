import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrate } from "../src/store/migrate.ts";
import { sourceSilences } from "../src/telemetry/metrics/source-silences.ts";
import { startTestPostgres, type TestPostgres } from "../src/testing/index.ts";

let server: TestPostgres;
let pool: pg.Pool;
beforeAll(async () => {
  server = await startTestPostgres();
  pool = new pg.Pool({ connectionString: await server.createDatabase(), max: 1 });
  await migrate(pool);
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

it("tells how long the sources of runs that go on have been silent, and nothing of those that are over", async () => {
  await pool.query(`
    INSERT INTO millrace_control.runs (id, pipeline, status, trigger, host, pid, started_at, finished_at) VALUES
      ('00000000-0000-7000-8000-000000000001', 'trades', 'running', 'manual', 'here', 1, now(), NULL),
      ('00000000-0000-7000-8000-000000000002', 'quotes', 'succeeded', 'manual', 'here', 1, now(), now());
    INSERT INTO millrace_control.source_status (pipeline, kind, run, at, status) VALUES
      ('trades', 'collector', '00000000-0000-7000-8000-000000000001', now() - interval '90 seconds', '{}'),
      ('quotes', 'collector', '00000000-0000-7000-8000-000000000002', now() - interval '90 seconds', '{}')`);
  const silences = await sourceSilences(pool);
  expect(silences).toEqual([{ pipeline: "trades", kind: "collector", seconds: expect.any(Number) }]);
  expect(silences[0]?.seconds).toBeGreaterThanOrEqual(90);
});
