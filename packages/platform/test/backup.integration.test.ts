import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readDefinitions } from "../src/backup/database/read-definitions.ts";
import { createBackup, restoreBackup, verifyBackup } from "../src/backup/index.ts";
import { migrate, readMigrations } from "../src/store/migrate.ts";
import { startTestPostgres, type TestPostgres } from "../src/testing/index.ts";

const CHILD = fileURLToPath(new URL("./children/backup.ts", import.meta.url));

let server: TestPostgres;
let folder: string;
let controlUrl: string;
const clients: pg.Client[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  for (const client of clients) await client.end();
  await server.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-backup-"));
  controlUrl = await server.createDatabase();
  return () => rm(folder, { recursive: true, force: true });
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

async function migrated(url: string, count?: number): Promise<pg.Client> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  await migrate(pool, (await readMigrations()).slice(0, count));
  await pool.end();
  return connect(url);
}

const place = (): { root: string; dataDirectory: string } => ({
  root: folder,
  dataDirectory: join(folder, "data"),
});
const file = (): string => join(folder, "backup.tar");
const save = (destinationUrl?: string): ReturnType<typeof createBackup> =>
  createBackup({
    path: file(),
    controlUrl,
    ...(destinationUrl === undefined ? {} : { destinationUrl }),
    project: place(),
    variables: [],
    version: "0.0.0",
  });

/** Of everything that a destination may hold, something. */
const TABLES = `
  CREATE SCHEMA "Other one"; CREATE SEQUENCE numbers START 7;
  CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL DEFAULT 'x',
    twice numeric(8,2) GENERATED ALWAYS AS (length(name) * 2) STORED, bits bytea, tags text[], born timestamptz, at interval, "a""b" json,
    number bigint DEFAULT nextval('numbers'), CONSTRAINT named CHECK (name <> ''));
  ALTER SEQUENCE numbers OWNED BY people.number;
  CREATE UNIQUE INDEX people_by_name ON people (lower(name)) WHERE id > 3;
  CREATE TABLE "Other one"."Pets" (owner bigint REFERENCES people ON DELETE CASCADE, kind text);
  CREATE TABLE empty_row (); INSERT INTO empty_row DEFAULT VALUES;
  CREATE TABLE days (day date, x integer, PRIMARY KEY (day)) PARTITION BY RANGE (day);
  CREATE INDEX days_by_x ON days (x);
  CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  CREATE TABLE days_rest PARTITION OF days DEFAULT;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.kind = upper(NEW.kind); RETURN NEW; END';
  CREATE TRIGGER touched BEFORE INSERT ON "Other one"."Pets" FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE VIEW names AS SELECT name, count(*) FROM people GROUP BY name;
  INSERT INTO people (name, bits, tags, born, at, "a""b") SELECT E'line\\n\\t\\\\' || n, '\\x00ff'::bytea, ARRAY['a', NULL, '{"'],
    '2026-11-22 10:00:00.123456+02', '1 month 2 days 3 seconds', '{"a": [1, 1.50]}' FROM generate_series(1, 500) AS n;
  INSERT INTO "Other one"."Pets" SELECT n, 'cat' FROM generate_series(1, 500) AS n;
  INSERT INTO days VALUES ('2026-05-05', 1), ('1999-01-01', 2), ('infinity', 3);
  CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM names;`;

it("puts back what a destination holds, with all that its tables are made of", async () => {
  await migrated(controlUrl);
  const [from, to] = [await server.createDatabase(), await server.createDatabase()];
  const source = await connect(from);
  await source.query(TABLES);
  await save(from);
  await restoreBackup({
    path: file(),
    controlUrl: await server.createDatabase(),
    destinationUrl: to,
    project: place(),
  });
  const target = await connect(to);
  const schemas = ["public", "Other one"];
  const texts = async (client: pg.Client): Promise<unknown> => {
    await client.query("SET search_path = pg_catalog; SET TimeZone = 'UTC'");
    const { before, after, left } = await readDefinitions(client, schemas);
    return { before: before.toSorted(), after: after.toSorted(), left };
  };
  const rows = async (client: pg.Client): Promise<unknown> => {
    const found: unknown[] = [];
    for (const table of ["people", '"Other one"."Pets"', "days", "empty_row", "counted"]) {
      const name = table.includes(".") ? table : `public.${table}`;
      found.push((await client.query(`SELECT t::text FROM ${name} AS t ORDER BY 1`)).rows);
    }
    return found;
  };
  expect(await texts(target)).toEqual(await texts(source));
  expect(await rows(target)).toEqual(await rows(source));
  const added = await target.query("INSERT INTO public.people (name) VALUES ('new') RETURNING id, number");
  expect(added.rows).toEqual([{ id: "501", number: "507" }]);
});

it("saves one moment, however much is written meanwhile", async () => {
  const control = await migrated(controlUrl);
  const from = await server.createDatabase();
  const writer = await connect(from);
  await writer.query(
    "CREATE TABLE a (n integer); CREATE TABLE b (n integer); INSERT INTO a VALUES (0); INSERT INTO b VALUES (0)",
  );
  let writing = true;
  let written = 1;
  const writes = (async (): Promise<void> => {
    while (writing) {
      await writer.query(
        "BEGIN; INSERT INTO a SELECT generate_series(1, 50); INSERT INTO b SELECT generate_series(1, 50); COMMIT",
      );
      written += 50;
    }
  })();
  await expect.poll(() => written).toBeGreaterThan(200);
  // A lock on a table that comes before the others keeps the copies waiting until more was written.
  await control.query("BEGIN; LOCK TABLE millrace_control.api_tokens IN ACCESS EXCLUSIVE MODE");
  const saving = save(from);
  await expect.poll(async () => (await readdir(folder)).length, { timeout: 30_000 }).toBeGreaterThan(0);
  const before = written;
  await expect.poll(() => written, { timeout: 30_000 }).toBeGreaterThan(before + 200);
  await control.query("COMMIT");
  const { manifest } = await saving;
  writing = false;
  await writes;
  const tables = manifest.destination?.tables ?? [];
  expect(tables.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(tables[0]).toMatchObject({ rows: tables[1]?.rows, digest: tables[1]?.digest });
  expect(tables[0]?.rows).toBeLessThan(written - 200);
  await expect(verifyBackup(file())).resolves.toMatchObject({ wrong: [] });
});

it("leaves nothing that looks whole when it is killed", async () => {
  const control = await migrated(controlUrl);
  await control.query("BEGIN; LOCK TABLE millrace_control.runs IN ACCESS EXCLUSIVE MODE");
  const child = spawn(process.execPath, ["--conditions=@millrace/source", CHILD, file(), controlUrl], {
    stdio: "inherit",
  });
  await expect
    .poll(async () => (await readdir(folder)).some((name) => name.endsWith(".part")), { timeout: 60_000 })
    .toBe(true);
  const ended = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");
  await control.query("COMMIT");
  const [part = "", ...others] = await readdir(folder);
  expect(others).toEqual([]);
  expect(part).toMatch(/\.part$/);
  await expect(verifyBackup(join(folder, part))).rejects.toMatchObject({ code: "MLR_BACKUP_DAMAGED" });
  // The next one is not in its way.
  await expect(save()).resolves.toMatchObject({ path: file() });
});

it("finds every damage before it touches a database", async () => {
  await migrated(controlUrl);
  await save();
  const whole = await readFile(file());
  const target = await server.createDatabase();
  const restoring = (): Promise<unknown> =>
    restoreBackup({ path: file(), controlUrl: target, project: place() });
  for (const length of [0, 100, 512, Math.floor(whole.length / 2), whole.length - 1024]) {
    await writeFile(file(), whole.subarray(0, length));
    await expect(restoring()).rejects.toMatchObject({ code: "MLR_BACKUP_DAMAGED" });
  }
  for (let at = 30; at < whole.length - 1024; at += Math.ceil(whole.length / 40)) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await writeFile(file(), damaged);
    await expect(restoring()).rejects.toMatchObject({ code: "MLR_BACKUP_DAMAGED" });
  }
  const { rows } = await (
    await connect(target)
  ).query("SELECT FROM pg_namespace WHERE nspname = 'millrace_control'");
  expect(rows).toEqual([]);
  await expect(
    createBackup({ path: file(), controlUrl, project: place(), variables: [], version: "0" }),
  ).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
});

it("refuses a control database that holds something or is in use", async () => {
  const control = await migrated(controlUrl);
  await save();
  await control.query("INSERT INTO millrace_control.attempts VALUES ('p', '', 3)");
  const restoring = (replace: boolean): Promise<unknown> =>
    restoreBackup({ path: file(), controlUrl, project: place(), replace });
  await expect(restoring(false)).rejects.toMatchObject({
    code: "MLR_RESTORE_REFUSED",
    message: expect.stringContaining("attempts"),
  });
  const worker = new pg.Client({ connectionString: controlUrl, application_name: "millrace control" });
  await worker.connect();
  await expect(restoring(true)).rejects.toMatchObject({
    code: "MLR_RESTORE_REFUSED",
    message: expect.stringContaining("millrace control (1)"),
  });
  await worker.end();
  const sessions = "SELECT FROM pg_stat_activity WHERE application_name = 'millrace control'";
  await expect.poll(async () => (await control.query(sessions)).rowCount).toBe(0);
  await restoring(true);
  expect((await control.query("SELECT FROM millrace_control.attempts")).rowCount).toBe(0);
});

it("brings a backup of an older version forward, and refuses that of a newer one", async () => {
  const old = await migrated(controlUrl, 4);
  await old.query(
    `INSERT INTO millrace_control.runs (id, pipeline, status, trigger, host, pid, started_at)
     VALUES ('00000000-0000-7000-8000-000000000001', 'people', 'succeeded', 'manual', 'here', 1, now())`,
  );
  await save();
  const target = await server.createDatabase();
  await restoreBackup({ path: file(), controlUrl: target, project: place() });
  const restored = await connect(target);
  const { rows } = await restored.query(
    `SELECT (SELECT count(*)::integer FROM millrace_control.schema_migrations) AS migrations, pipeline, kind FROM millrace_control.runs`,
  );
  expect(rows).toEqual([
    { migrations: (await readMigrations()).length, pipeline: "people", kind: "pipeline" },
  ]);
  await restored.query(
    "INSERT INTO millrace_control.schema_migrations VALUES (999999, '999999_later.sql', 'x')",
  );
  controlUrl = target;
  await rm(file());
  await save();
  await expect(verifyBackup(file())).rejects.toMatchObject({ code: "MLR_CONTROL_VERSION" });
});
