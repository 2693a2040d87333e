import { readFile } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dumpFrom } from "../../scripts/schema-dump.ts";
import { startTestPostgres, type TestPostgres } from "../testing/index.ts";
import { migrate, type Migration, readMigrations } from "./migrate.ts";

let server: TestPostgres;
const pools: pg.Pool[] = [];
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  for (const pool of pools) await pool.end();
  await server.stop();
});

async function freshPool(): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: await server.createDatabase() });
  pools.push(pool);
  return pool;
}

const step = (version: number, sql: string): Migration => ({
  version,
  name: `${version}.sql`,
  checksum: sql,
  sql,
});

it("makes what schema.sql says", async () => {
  const committed = await readFile(new URL("../../schema.sql", import.meta.url), "utf8");
  expect(await dumpFrom(await server.createDatabase())).toBe(committed);
});

it("runs each migration once when many processes ask at the same time", async () => {
  const pool = await freshPool();
  await Promise.all(Array.from({ length: 6 }, () => migrate(pool)));
  const { rows } = await pool.query(
    "SELECT version, name FROM millrace_control.schema_migrations ORDER BY version",
  );
  expect(rows).toEqual((await readMigrations()).map(({ version, name }) => ({ version, name })));
});

it("adds what is new to a database that exists", async () => {
  const pool = await freshPool();
  const one = step(1, "CREATE TABLE millrace_control.a (x integer)");
  await migrate(pool, [one]);
  await migrate(pool, [one, step(2, "ALTER TABLE millrace_control.a ADD y integer")]);
  await expect(pool.query("SELECT x, y FROM millrace_control.a")).resolves.toMatchObject({ rows: [] });
});

it("leaves nothing of a migration that fails, and can be run again", async () => {
  const pool = await freshPool();
  const broken = step(1, "CREATE TABLE millrace_control.a (x integer); SELECT 1/0");
  await expect(migrate(pool, [broken])).rejects.toThrow("division by zero");
  await migrate(pool, [step(1, "CREATE TABLE millrace_control.a (x integer)")]);
});

it("refuses a database that a newer version has used, and migrations that were changed", async () => {
  const pool = await freshPool();
  const [one, two] = [step(1, "SELECT 1"), step(2, "SELECT 2")];
  await migrate(pool, [one, two]);
  await expect(migrate(pool, [one])).rejects.toMatchObject({ code: "MLR_CONTROL_VERSION" });
  await expect(migrate(pool, [one, { ...two, checksum: "other" }])).rejects.toMatchObject({
    code: "MLR_CONTROL_VERSION",
    message: expect.stringContaining("2.sql"),
  });
});
