import { rm } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/factory");

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await database.drop();
  await rm(path.join(EXAMPLE, ".millrace"), { recursive: true, force: true });
});

test("the factory samples a press and an oven until its time is over", async () => {
  const env = { MILLRACE_DATABASE_URL: database.url, FACTORY_SECONDS: "20" };
  const { code, stderr } = await run({ args: ["run", "press-line"], cwd: EXAMPLE, env }).ended;
  expect(code, stderr).toBe(0);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ name: string; samples: number; distinct: number; least: number }>(
    `SELECT name, count(*)::int AS samples, count(DISTINCT time)::int AS distinct, min(value) AS least
     FROM samples WHERE quality = 'good' GROUP BY name ORDER BY name`,
  );
  await client.end();
  const names = rows.map(({ name }) => name);
  expect(names).toEqual([
    "motor on",
    "oil pressure",
    "oil temperature",
    "oven setpoint",
    "oven temperature",
    "strokes",
  ]);
  for (const { samples, distinct } of rows) expect(samples).toBe(distinct);
  const least = Object.fromEntries(rows.map(({ name, least: value }) => [name, value]));
  expect(least["oven setpoint"]).toBe(180);
  expect(least["oil temperature"]).toBeGreaterThanOrEqual(53);
});
