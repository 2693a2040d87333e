import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { pythonEnvironment } from "../../packages/connectors/test/singer/python.ts";
import { testProject, type TestProject } from "../cli/cli.ts";

const CLI = path.resolve(import.meta.dirname, "../../packages/millrace/src/cli.ts");

// A real tap, and Meltano's SDK with the streams that it tests targets with.
const python = pythonEnvironment("singer", ["meltanolabs-tap-postgres~=0.10", "singer-sdk~=0.54"]);
if ("missing" in python) {
  process.stderr.write(`Not run with taps of PyPI: ${python.missing}.\n`);
  if (process.env["CI"] !== undefined) throw new Error(`CI needs taps of PyPI: ${python.missing}`);
}
const { bin, sitePackages } = "missing" in python ? { bin: "", sitePackages: "" } : python;

let database: FreshDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

async function rows(query: string): Promise<Record<string, unknown>[]> {
  return (await client.query(query)).rows as Record<string, unknown>[];
}

describe.skipIf(bin === "")("tap-postgres of PyPI as a source", () => {
  const SHOP = `import { pipeline, postgres, singer } from "millrace";
export default pipeline("shop", {
  source: singer({
    command: process.env.TAP,
    config: { sqlalchemy_url: process.env.TAP_URL, filter_schemas: ["shop"], emit_activate_version_messages: true },
    streams: {
      "shop-items": { replicationMethod: "FULL_TABLE" },
      "shop-events": { replicationMethod: "INCREMENTAL", replicationKey: "at" },
    },
  }),
  destination: postgres().tables({ "shop-items": { name: "items" }, "shop-events": { name: "events" } }),
});
`;
  let project: TestProject;

  beforeAll(async () => {
    await client.query(`CREATE SCHEMA shop
      CREATE TABLE items (id bigint PRIMARY KEY, name text, price numeric(24,6), made timestamptz, day date, meta jsonb, ok boolean, opens time, ref uuid)
      CREATE TABLE events (id bigint PRIMARY KEY, at timestamptz NOT NULL, what text)
      CREATE TABLE unwanted (id int PRIMARY KEY)`);
    await client.query(`INSERT INTO shop.items VALUES
      (9007199254740993, 'tea', 123456789012345678.123456, '2026-01-01 12:00:00.123456Z', '2026-01-02', '{"a": [1, null]}', true, '08:30', '0b7a3c1e-0000-4000-8000-000000000001'),
      (2, 'mléko', 0.1, null, null, null, null, null, null), (3, 'rice', 2, null, null, null, false, null, null)`);
    await client.query("INSERT INTO shop.events VALUES (1, '2026-01-01Z', 'a'), (2, '2026-01-02Z', 'b')");
    project = await testProject(
      {
        "millrace.config.ts": 'import { defineConfig } from "millrace";\nexport default defineConfig({});\n',
        "pipelines/shop.ts": SHOP,
      },
      {
        MILLRACE_DATABASE_URL: database.url,
        TAP: path.join(bin, "tap-postgres"),
        TAP_URL: withPassword(database.url),
      },
    );
  });
  afterAll(() => project.remove());

  async function run(): Promise<Record<string, Record<string, number>>> {
    const { code, stdout, stderr } = await project.millrace("run", "shop", "--json");
    expect(code, stderr + stdout).toBe(0);
    return (JSON.parse(stdout) as { tables: Record<string, Record<string, number>> }[])[0]?.tables ?? {};
  }

  test("lands its streams exactly", async () => {
    const tables = await run();
    expect(tables).toMatchObject({ items: { inserted: 3 }, events: { inserted: 2 } });
    const columns = "id, name, price, made, day, meta, ok, opens";
    expect(await rows(`SELECT ${columns}, ref::text FROM public.items ORDER BY id`)).toEqual(
      await rows(
        `SELECT id, name, trim_scale(price) AS price, made, day, meta, ok, opens, ref::text FROM shop.items ORDER BY id`,
      ),
    );
  });

  test("reads only what is new of an incremental stream, and removes what a whole reading no longer holds", async () => {
    await client.query("DELETE FROM shop.items WHERE id = 3; UPDATE shop.items SET price = 0.2 WHERE id = 2");
    await client.query("INSERT INTO shop.events VALUES (3, '2026-01-03Z', 'c')");
    const tables = await run();
    expect(tables["items"]).toMatchObject({ read: 2, updated: 1, unchanged: 1, removed: 1 });
    // The tap sends the boundary row again.
    expect(tables["events"]).toMatchObject({ inserted: 1, updated: 0, removed: 0 });
    expect(tables["events"]?.["read"]).toBeLessThan(3);
    expect(await rows("SELECT id FROM public.events ORDER BY id")).toHaveLength(3);
  });
});

describe.skipIf(bin === "")("the streams that Meltano tests targets with", () => {
  const STREAMS = path.join(sitePackages, "singer_sdk/testing/target_test_streams");
  const FAILING = new Set(["invalid_schema", "record_before_schema", "record_missing_key_property"]);
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "millrace-meltano-"));
    const config = { database_url: database.url, default_target_schema: "melty" };
    await writeFile(path.join(folder, "c.json"), JSON.stringify(config));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function land(stream: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(
      process.execPath,
      ["--conditions=@millrace/source", CLI, "singer-target", "--config", "c.json"],
      { cwd: folder, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } },
    );
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => undefined);
    createReadStream(path.join(STREAMS, `${stream}.singer`)).pipe(child.stdin);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, stdout, stderr };
  }

  test("end as they should, each with its last state alone on stdout", { timeout: 240_000 }, async () => {
    const streams = (await readdir(STREAMS))
      .filter((file) => file.endsWith(".singer"))
      .map((file) => path.parse(file).name);
    expect(streams.length).toBeGreaterThanOrEqual(17);
    for (const stream of streams.toSorted()) {
      const { code, stdout, stderr } = await land(stream);
      expect(code === 0, `${stream}: ${stderr}`).toBe(!FAILING.has(stream));
      for (const line of stdout.split("\n").slice(0, -1))
        expect(() => JSON.parse(line) as unknown, stream).not.toThrow();
      if (stream === "multiple_state_messages") {
        expect(stdout).toBe('{"test_multiple_state_messages_a":5,"test_multiple_state_messages_b":6}\n');
      }
    }
    expect(await rows("SELECT id, metric FROM melty.test_duplicate_records ORDER BY id")).toEqual([
      { id: "1", metric: "100" },
      { id: "2", metric: "20" },
    ]);
    expect(await rows("SELECT count(*)::int AS n FROM melty.test_no_pk")).toEqual([{ n: 8 }]);
    expect(await rows("SELECT id, fruits FROM melty.test_array_data WHERE id = 2")).toEqual([
      { id: "2", fruits: ["banana", "apple"] },
    ]);
    expect(await rows("SELECT name FROM melty.test_users WHERE id IN (1, 5, 13) ORDER BY id")).toEqual([
      { name: "Johny" },
      { name: "Jim" },
      { name: "Mary" },
    ]);
    expect(await rows("SELECT client_name FROM melty.test_camelcase ORDER BY id")).toHaveLength(2);
    expect(
      await rows("SELECT _id, d->>'agent:os:version' AS v FROM melty.test_special_chars_in_attributes"),
    ).toEqual([{ _id: "a2e98886", v: "10.13.1" }]);
  });
});

/** The tap wants one, whatever the server says. */
function withPassword(url: string): string {
  const full = new URL(url);
  full.password = "any";
  return full.href;
}
