import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FreshDatabase, freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { type TestProject, testProject } from "./cli.ts";

const SHOP = `import { pipeline, postgres, watch } from "millrace";
const price = watch("price", (row) => {
  if (row.cents < 0) throw new Error("no such price");
  return row.cents / 100;
});
const readOrders = watch(async function readOrders(shop) {
  await shop.execute("create temp table if not exists scratch (id int)");
  return shop.query("select o.* from orders o join open_orders using (id) where o.id > $1", [0]);
});
export default pipeline("shop", {
  source: async function* (context) {
    const shop = await context.database("default");
    for (const row of await readOrders(shop)) {
      try {
        yield { id: row.id, price: price(row) };
      } catch {
        // Left out.
      }
    }
    await shop.execute("insert into audit.visits values (now())");
    await shop.call("settle", []);
    await shop.execute("do $$ begin perform 1; end $$");
  },
  destination: postgres().table("prices", { key: ["id"] }),
});
`;

/** What its run touches. */
const TOUCHED = [
  "call procedure settle",
  "create table prices",
  "create table prices__history",
  "read table orders",
  "read view open_orders",
  "unknown statement do $$ begin perform ?; end $$",
  "write table audit.visits",
  "write table prices",
];

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
  await client.query("DROP SCHEMA IF EXISTS millrace, millrace_control, audit CASCADE");
  await client.query("DROP SCHEMA public CASCADE");
  await client.query(
    `CREATE SCHEMA public;
     CREATE SCHEMA audit;
     CREATE TABLE audit.visits (at timestamptz);
     CREATE TABLE orders (id int, cents int);
     CREATE VIEW open_orders AS SELECT * FROM orders;
     CREATE PROCEDURE settle() LANGUAGE sql AS $$ SELECT 1 $$;
     INSERT INTO orders VALUES (1, 250), (2, -1), (3, 990)`,
  );
  project = await testProject({ "pipelines/shop.ts": SHOP }, { MILLRACE_DATABASE_URL: database.url });
  return () => project.remove();
});

interface Shown {
  readonly functions: readonly Record<string, unknown>[];
  readonly objects: readonly { kind: string; use: string; namespace?: string; name: string }[];
}

/** What a run shows of itself, as `write table audit.visits`. */
async function shown(run: string): Promise<{ functions: Shown["functions"]; objects: string[] }> {
  const { functions, objects } = JSON.parse((await project.millrace("show", run, "--json")).stdout) as Shown;
  const names = objects.map(
    ({ kind, use, namespace, name }) =>
      `${use} ${kind} ${namespace === undefined ? "" : `${namespace}.`}${name}`,
  );
  return { functions, objects: names.toSorted() };
}

describe("records", () => {
  test(
    "a run shows its functions and what it touched, and both are found by name",
    { timeout: 120_000 },
    async () => {
      const { stdout } = await project.millrace("run", "shop", "--json");
      const [{ run }] = JSON.parse(stdout) as [{ run: string }];
      const { functions, objects } = await shown(run);
      expect(functions.toSorted((a, b) => String(a["name"]).localeCompare(String(b["name"])))).toMatchObject([
        { name: "price", calls: 3, errors: 1 },
        { name: "readOrders", calls: 1, errors: 0 },
      ]);
      expect(objects).toEqual(TOUCHED);
      const text = (await project.millrace("show", run)).stdout;
      expect(text).toMatch(/audit\.visits +table +write +default/);
      expect(text).toMatch(/function +calls +errors +total +mean +p95 +max/);
      const users = JSON.parse((await project.millrace("objects", "ORDERS", "--json")).stdout) as object[];
      expect(users).toMatchObject([{ pipeline: "shop", name: "orders", use: "read", runs: 1, lastRun: run }]);
      expect((await project.millrace("objects", "nothing")).stdout).toContain(
        "No run has touched nothing yet",
      );
      const slow = JSON.parse(
        (await project.millrace("functions", "--pipeline", "shop", "--json")).stdout,
      ) as object[];
      expect(slow).toMatchObject([
        { pipeline: "shop", name: "readOrders", runs: 1 },
        { pipeline: "shop", name: "price", runs: 1, calls: 3, errors: 1 },
      ]);
      expect((await project.millrace("functions", "--since", "soon")).stderr).toContain("must be a duration");
    },
  );

  test("a run in a process of its own shows the same", { timeout: 120_000 }, async () => {
    const up = project.start("up");
    try {
      await up.says("registered");
      const { stdout } = await project.millrace("run", "shop", "--queue", "--json");
      const [{ runs }] = JSON.parse(stdout) as [{ runs: [string] }];
      await up.says("shop succeeded");
      const { functions, objects } = await shown(runs[0]);
      expect(functions.map((each) => `${String(each["name"])} ${String(each["calls"])}`).toSorted()).toEqual([
        "price 3",
        "readOrders 1",
      ]);
      expect(objects).toEqual(TOUCHED);
    } finally {
      up.child.kill("SIGTERM");
      await up.ended;
    }
  });
});
