import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type Ended, type TestProject, testProject } from "./cli.ts";

const CSV = "id,name,amount\n1,one,1.5\n2,two,2.5\n3,three,3.5\n";

const SHOP = `import { csv, pipeline, postgres } from "millrace";
export default pipeline("shop", {
  source: csv({ path: "data/shop.csv" }),
  destination: postgres().table("shop", { key: ["id"], mode: "merge" }),
});
`;

const OTHERS = `import { pipeline, postgres, rows } from "millrace";
const table = (name) => postgres().table(name, { key: ["id"], mode: "merge" });
export default [
  pipeline("fails", { source: async function* () { throw new Error("no luck\\u001b[2J today"); }, destination: table("fails"), retry: { attempts: 1 } }),
  pipeline("asks", { params: { day: "today" }, source: async function* ({ params, since }) { yield { id: 1, day: params.day, since: since ?? null }; }, destination: table("asks") }),
  pipeline("away", { source: rows([{ id: 1 }]), destination: postgres({ url: "postgres://127.0.0.1:1/none" }).table("away", { key: ["id"] }), retry: { attempts: 1 } }),
  pipeline("off", { enabled: false, source: rows([]), destination: table("off") }),
];
`;

interface Counts {
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly restored: number;
  readonly rejected: number;
}

interface Report {
  readonly run: string;
  readonly pipeline: string;
  readonly status: string;
  readonly tables: Readonly<Record<string, Counts>>;
  readonly error?: { readonly code: string; readonly message: string };
}

let project: TestProject;
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
beforeEach(async () => {
  await client.query("DROP SCHEMA IF EXISTS millrace, millrace_control CASCADE");
  await client.query("DROP SCHEMA public CASCADE");
  await client.query("CREATE SCHEMA public");
  project = await testProject(
    { "data/shop.csv": CSV, "pipelines/shop.ts": SHOP, "pipelines/others.ts": OTHERS },
    { MILLRACE_DATABASE_URL: database.url },
  );
  return () => project.remove();
});

const reports = ({ stdout }: Ended): Report[] => JSON.parse(stdout) as Report[];
const zero: Counts = { read: 0, inserted: 0, updated: 0, unchanged: 0, removed: 0, restored: 0, rejected: 0 };

describe("run", () => {
  test("--json prints exactly what is promised, and the second run finds everything unchanged", async () => {
    const first = await project.millrace("run", "shop", "--json");
    expect(first.code).toBe(0);
    const [report] = reports(first);
    expect(Object.keys(report ?? {})).toEqual([
      "run",
      "pipeline",
      "status",
      "startedAt",
      "durationMs",
      "tables",
      "checkpoint",
    ]);
    expect(report).toMatchObject({ pipeline: "shop", status: "succeeded" });
    expect(report?.tables).toEqual({ shop: { ...zero, read: 3, inserted: 3 } });
    for (const args of [
      ["run", "shop", "--json"],
      ["run", "shop", "--full", "--json"],
    ]) {
      const [again] = reports(await project.millrace(...args));
      expect(again?.tables).toEqual({ shop: { ...zero, read: 3, unchanged: 3 } });
    }
  });

  test("goes on behind a pipeline that fails, ends with 1, and shows no stack trace", async () => {
    const { code, stdout, stderr } = await project.millrace("run", "fails", "shop");
    expect(code).toBe(1);
    expect(stderr).toContain("no luck\\x1b[2J today");
    expect(stdout + stderr).not.toContain("\u001b");
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toMatch(/^fails .*failed$/m);
    expect(stdout).toMatch(/^shop +shop +3 +3 +0 +0 +0 +0 +0 +\d/m);
  });

  test("without names takes every pipeline that is enabled", async () => {
    const ended = await project.millrace("run", "--json");
    expect(reports(ended).map(({ pipeline, status }) => `${pipeline} ${status}`)).toEqual([
      "fails failed",
      "asks succeeded",
      "away failed",
      "shop succeeded",
    ]);
    expect(ended.code).toBe(1);
  });

  test("is no success where a pipeline's own code ends the process", async () => {
    await project.write(
      "pipelines/leaves.ts",
      OTHERS.replace(
        /export default [^]*/,
        `export default pipeline("leaves", { source: function* () { process.exit(0); }, destination: table("leaves") });`,
      ),
    );
    const ended = await project.millrace("run", "leaves", "--json");
    expect(ended.code).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      error: { hint: expect.stringContaining("process.exit()") as unknown },
    });
  });

  test("of a destination that cannot be reached ends with 4", async () => {
    const ended = await project.millrace("run", "away", "--json");
    expect(ended.code).toBe(4);
    expect(reports(ended)[0]?.error?.code).toBe("MLR_DESTINATION_UNAVAILABLE");
  });

  test("passes --param and --since to the source, and refuses parameters that are not declared", async () => {
    await project.millrace("run", "asks", "--param", "day=monday", "--since", "2026-01-01");
    expect((await client.query("SELECT day, since::text FROM asks")).rows).toEqual([
      { day: "monday", since: "2026-01-01" },
    ]);
    const refused = await project.millrace("run", "asks", "--param", "dya=x", "--json");
    expect(refused.code).toBe(2);
    expect(reports(refused)[0]?.error?.message).toContain('no parameter "dya"');
  });

  test("with --limit removes nothing", async () => {
    await project.millrace("run", "shop");
    const ended = await project.millrace("run", "shop", "--full", "--limit", "1", "--json");
    expect(reports(ended)[0]?.tables["shop"]).toMatchObject({ read: 1, removed: 0 });
    expect((await client.query("SELECT count(*)::int AS n FROM shop")).rows).toEqual([{ n: 3 }]);
  });
});

test("plan tells the statements, the counts and the fields that differ, and writes nothing", async () => {
  const before = await project.millrace("plan", "shop");
  expect(before.code).toBe(0);
  expect(before.stdout).toMatch(/CREATE TABLE/);
  expect(before.stdout).toContain("Nothing was written.");
  expect((await client.query("SELECT to_regclass('shop') AS shop")).rows).toEqual([{ shop: null }]);
  await project.millrace("run", "shop");
  await project.write(
    "data/shop.csv",
    CSV.replace("2,two,2.5", "2,two,9.5").replace("3,three,3.5\n", "4,four,4\n"),
  );
  const { stdout } = await project.millrace("plan", "shop", "--json");
  const planned = JSON.parse(stdout) as {
    tables: Record<string, Counts>;
    changes: unknown[];
    sample: { operation: string; fields: Record<string, unknown> }[];
  };
  expect(planned.tables["shop"]).toMatchObject({
    read: 3,
    inserted: 1,
    updated: 1,
    unchanged: 1,
    removed: 1,
  });
  expect(planned.changes).toEqual([]);
  expect(planned.sample.map(({ operation }) => operation).sort()).toEqual(["insert", "remove", "update"]);
  expect((await client.query("SELECT amount::text FROM shop WHERE id = 2")).rows).toEqual([
    { amount: "2.5" },
  ]);
});

test("history shows every version of a row, verify finds what others changed", async () => {
  await project.millrace("run", "shop");
  await project.write("data/shop.csv", CSV.replace("2,two,2.5", "2,two,9.5"));
  await project.millrace("run", "shop");
  const shown = await project.millrace("history", "shop", "--key", "id=2");
  expect(shown.stdout).toContain("amount: 2.5 → 9.5");
  const { versions } = JSON.parse(
    (await project.millrace("history", "shop", "--key", "id=2", "--json")).stdout,
  ) as {
    versions: { operation: string; changed: string[] }[];
  };
  expect(versions.map(({ operation, changed }) => [operation, changed])).toEqual([
    ["current", []],
    ["update", ["amount"]],
  ]);
  expect((await project.millrace("history", "shop", "--key", "id=77")).code).toBe(3);
  expect((await project.millrace("verify", "shop")).code).toBe(0);
  expect((await project.millrace("verify", "public.shop")).code).toBe(0);
  expect((await project.millrace("verify", "other.shop")).stderr).toContain('no table "other.shop"');
  await client.query("UPDATE shop SET name = 'forged' WHERE id = 1");
  const verified = await project.millrace("verify", "shop", "--json");
  expect(verified.code).toBe(1);
  expect(JSON.parse(verified.stdout)).toMatchObject({ table: "shop", rows: 3, equal: 2, different: 1 });
  const [mended] = reports(await project.millrace("run", "shop", "--full", "--json"));
  expect(mended?.tables["shop"]).toEqual({ ...zero, read: 3, updated: 1, unchanged: 2 });
  expect((await client.query("SELECT name FROM shop WHERE id = 1")).rows).toEqual([{ name: "one" }]);
  expect((await client.query("SELECT name, _changed FROM shop__history WHERE id = 1")).rows).toEqual([
    { name: "forged", _changed: ["name"] },
  ]);
  const missing = await project.millrace("verify", "shp");
  expect(missing.code).toBe(3);
  expect(missing.stderr).toContain('Did you mean "shop"?');
});

test("runs and show tell what ran, state tells where it goes on and forgets it when asked to", async () => {
  const [report] = reports(await project.millrace("run", "shop", "--json"));
  const listed = JSON.parse((await project.millrace("runs", "shop", "--json")).stdout) as { id: string }[];
  expect(listed.map(({ id }) => id)).toEqual([report?.run]);
  const shown = await project.millrace("show", report?.run.slice(0, 30) ?? "");
  expect(shown.stdout).toContain(report?.run);
  expect(shown.stdout).toContain("succeeded");
  expect(shown.stdout).toMatch(/^data\/shop\.csv +\d+ +\d+ B$/m);
  expect((await project.millrace("show", "ffffffff")).code).toBe(3);
  const unknown = await project.millrace("runs", "shp");
  expect(unknown.code).toBe(3);
  expect(unknown.stderr).toContain('Did you mean "shop"?');

  const known = await project.millrace("state", "shop");
  expect(known.stdout).toContain("data/shop.csv");
  const refused = await project.millrace("state", "shop", "--reset");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("--yes");
  const reset = await project.millrace("state", "shop", "--reset", "--yes", "--json");
  expect(JSON.parse(reset.stdout)).toMatchObject({ reset: true, state: { checkpoints: {} } });
  const [again] = reports(await project.millrace("run", "shop", "--json"));
  expect(again?.tables["shop"]).toEqual({ ...zero, read: 3, unchanged: 3 });
});
