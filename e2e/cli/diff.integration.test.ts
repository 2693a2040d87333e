import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const SHOP = `import { csv, pipeline, postgres } from "millrace";
export default pipeline("shop", {
  source: csv({ path: "data/shop.csv" }),
  destination: postgres().table("shop", { key: ["id"], mode: "merge", maxRemovedShare: 1 }),
});
`;

let project: TestProject;
let database: FreshDatabase;
let client: pg.Client;
const runs: string[] = [];

/** Three runs: two rows; one changed, one removed, one added; nothing changed. */
beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  project = await testProject({ "pipelines/shop.ts": SHOP }, { MILLRACE_DATABASE_URL: database.url });
  for (const rows of ["1,one,1.5\n2,two,2.5\n", "1,one,9\n3,three,3.5\n", "1,one,9\n3,three,3.5\n"]) {
    await project.write("data/shop.csv", `id,name,amount\n${rows}`);
    const { stdout } = await project.millrace("run", "shop", "--json");
    runs.push((JSON.parse(stdout) as [{ run: string }])[0].run);
  }
});
afterAll(async () => {
  await project.remove();
  await client.end();
  await database.drop();
});

test("the last two versions of a row are compared, or any two", async () => {
  const { code, stdout } = await project.millrace("diff", "shop", "id=1");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^- version 1 .*\n\+ version 2 .*\n {2}amount: 1\.5 → 9\n$/);
  const same = await project.millrace("diff", "shop", '{"id":1}', "2", "2");
  expect(same.stdout).toContain("no field differs");
  const json = await project.millrace("diff", "public.shop", "id=1", "current", "1", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({
    key: { id: "1" },
    before: { version: 2, operation: "current", run: runs[1], to: null },
    after: { version: 1, operation: "update", run: runs[0] },
    fields: { amount: { before: "9", after: "1.5" } },
  });
});

test("a row that was removed is compared with its absence", async () => {
  const { stdout } = await project.millrace("diff", "shop", "id=2");
  expect(stdout).toMatch(/^- version 1 .*\n\+ no row\n/);
  expect(stdout).toContain("name: two → null");
});

test("two runs are compared over all rows, in both directions and as a stream", async () => {
  const [first = "", second = "", third = ""] = runs;
  const { code, stdout } = await project.millrace("diff", "shop", "--runs", first, second);
  expect(code).toBe(0);
  expect(stdout).toBe(
    "~ id=1  amount: 1.5 → 9\n- id=2  name: two, amount: 2.5\n+ id=3  name: three, amount: 3.5\n" +
      "3 rows: 1 inserted, 1 updated, 1 removed\n",
  );
  const limited = await project.millrace("diff", "shop", "--limit", "1", "--runs", second, first);
  expect(limited.stdout).toBe(
    "~ id=1  amount: 9 → 1.5\n3 rows: 1 inserted, 1 updated, 1 removed; 2 not shown (--limit, or --json for all)\n",
  );
  const json = await project.millrace("diff", "shop", "--runs", first, second, "--json");
  const document = JSON.parse(json.stdout) as { changes: unknown[] };
  expect(document).toMatchObject({ table: "shop", pipeline: "shop", from: first, to: second });
  expect(document.changes).toHaveLength(3);
  expect(document.changes[0]).toEqual({
    key: { id: 1 },
    operation: "update",
    fields: { amount: { before: "1.5", after: "9" } },
  });
  // The third run changed nothing: its end is known from its record.
  const nothing = await project.millrace("diff", "shop", "--runs", second, third);
  expect(nothing.stdout).toBe("No row differs.\n");
});

test("what cannot be compared is told, with JSON as a document that is whole", async () => {
  const unknown = "00000000-0000-4000-8000-000000000000";
  const failed = await project.millrace("diff", "shop", "--runs", unknown, runs[0] ?? "", "--json");
  expect(failed.code).not.toBe(0);
  expect(JSON.parse(failed.stdout)).toMatchObject({ changes: [], error: { code: "MLR_RUN_NOT_FOUND" } });
  for (const [args, message] of [
    [["shop"], "The key of a row, or two runs, are missing"],
    [["shop", "1"], '"1" is not the key of a row'],
    [["shop", "id=1", "7"], "the row has no version 7"],
    [["shop", "id=99"], "has and had no row with id=99"],
    [["shop", "--runs", "a"], "--runs takes two runs, not 1"],
    [["nowhere", "id=1"], 'no table "nowhere"'],
  ] as const) {
    const { code, stderr } = await project.millrace("diff", ...args);
    expect(code, args.join(" ")).not.toBe(0);
    expect(stderr).toContain(message);
  }
});
