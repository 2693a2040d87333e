import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Ended, run } from "./cli.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
/** Its three million rows would take this test too long; `npm start` runs it. */
const LARGE = "flights";
/** Their site is another one from time to time; they have tests of their own. */
const CHANGING = ["flats", "flat-cards"];

interface Report {
  readonly pipeline: string;
  readonly status: string;
  readonly tables: Readonly<Record<string, { read: number; inserted: number; unchanged: number }>>;
}

let database: FreshDatabase;
beforeAll(async () => void (database = await freshDatabase()));
afterAll(() => database.drop());

const millrace = (...args: string[]): Promise<Ended> =>
  run({ args, cwd: EXAMPLES, env: { MILLRACE_DATABASE_URL: database.url } }).ended;

async function names(): Promise<string[]> {
  const { stdout } = await millrace("list", "--names");
  return stdout.trim().split("\n");
}

async function runAll(): Promise<Report[]> {
  const { stdout } = await millrace(
    "run",
    ...(await names()).filter((name) => name !== LARGE && !CHANGING.includes(name)),
    "--json",
  );
  return JSON.parse(stdout) as Report[];
}

async function countOf(statement: string): Promise<number> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return Number((await client.query<{ n: string }>(statement)).rows[0]?.n);
  } finally {
    await client.end();
  }
}

test("every example lands, and the second time all is unchanged and nothing is written", async () => {
  const first = await runAll();
  expect(first.map(({ pipeline, status }) => `${pipeline} ${status}`)).toEqual(
    first.map(({ pipeline }) => `${pipeline} succeeded`),
  );
  expect(first.map(({ pipeline, tables }) => [pipeline, tables[pipeline]?.inserted])).toEqual(
    expect.arrayContaining([
      ["airports", 3376],
      ["earthquakes", 1707],
      ["movies", 3200],
      ["zipcodes", 42_049],
    ]),
  );
  const written =
    "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) AS n FROM pg_stat_user_tables WHERE schemaname = 'public'";
  const columns = "SELECT count(*) AS n FROM information_schema.columns WHERE table_schema = 'public'";
  // Statistics are sent when a connection ends, so that those of the runs are complete now.
  const before = [await countOf(written), await countOf(columns)];
  for (const { status, tables } of await runAll()) {
    expect(status).toBe("succeeded");
    for (const { read, inserted, unchanged } of Object.values(tables)) {
      expect({ inserted, unchanged }).toEqual({ inserted: 0, unchanged: read });
    }
  }
  expect([await countOf(written), await countOf(columns)]).toEqual(before);
});

test("the large example reads its Parquet file", async () => {
  const { stdout } = await millrace("run", LARGE, "--limit", "5000", "--json");
  const [report] = JSON.parse(stdout) as Report[];
  expect(report).toMatchObject({ status: "succeeded", tables: { [LARGE]: { read: 5000, inserted: 5000 } } });
});

test("every example is a file of at most 15 lines", async () => {
  const folder = join(EXAMPLES, "pipelines");
  for (const file of await readdir(folder)) {
    const lines = (await readFile(join(folder, file), "utf8")).trimEnd().split("\n").length;
    expect(lines, file).toBeLessThanOrEqual(15);
  }
});
