import { rm } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/factory");

let database: FreshDatabase;
let client: pg.Client;
beforeEach(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(path.join(EXAMPLE, ".millrace"), { recursive: true, force: true });
});

const NAMES = ["motor on", "oil pressure", "oil temperature", "oven setpoint", "oven temperature", "strokes"];

interface Sampled {
  readonly name: string;
  readonly samples: number;
  readonly distinct: number;
  readonly least: number;
}

/** What good samples there are of each variable. */
async function sampled(): Promise<readonly Sampled[]> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('samples') IS NOT NULL AS there",
  );
  if (tables[0]?.there !== true) return [];
  const { rows } = await client.query<Sampled>(
    `SELECT name, count(*)::int AS samples, count(DISTINCT time)::int AS distinct, min(value) AS least
     FROM samples WHERE quality = 'good' GROUP BY name ORDER BY name`,
  );
  return rows;
}

test("the factory samples a press and an oven until it is stopped", async () => {
  const env = { MILLRACE_DATABASE_URL: database.url };
  const factory = run({ args: ["run", "press-line"], cwd: EXAMPLE, env });
  // The oven makes itself a certificate before it answers, which takes a while on a busy machine.
  await expect
    .poll(async () => (await sampled()).map(({ name }) => name), { timeout: 150_000, interval: 500 })
    .toEqual(NAMES);
  factory.child.kill("SIGINT");
  const { code, stderr } = await factory.ended;
  expect(code, stderr).toBe(0);
  const rows = await sampled();
  for (const { samples, distinct } of rows) expect(samples).toBe(distinct);
  const least = Object.fromEntries(rows.map(({ name, least: value }) => [name, value]));
  expect(least["oven setpoint"]).toBe(180);
  expect(least["oil temperature"]).toBeGreaterThanOrEqual(53);
});
