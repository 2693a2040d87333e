import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/database");

let shop: FreshDatabase;
let own: FreshDatabase;
let cwd: string;
let client: pg.Client;
let reader: pg.Client;

beforeAll(async () => {
  [shop, own, cwd] = await Promise.all([
    freshDatabase(),
    freshDatabase(),
    mkdtemp(path.join(tmpdir(), "millrace-example-")),
  ]);
  await cp(EXAMPLE, cwd, { recursive: true });
  client = new pg.Client(shop.url);
  reader = new pg.Client(own.url);
  await Promise.all([client.connect(), reader.connect()]);
  await client.query(`
    CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, credit numeric(10,2));
    CREATE TABLE orders (id bigint PRIMARY KEY, customer int, amount numeric(10,2), placed_at timestamptz NOT NULL);
    INSERT INTO customers VALUES (1, 'Ada', 10.5), (2, 'Grace', NULL), (3, 'Edsger', 0);
    INSERT INTO orders VALUES (9007199254740993, 1, 5, '2026-11-22 10:00Z'), (2, 2, 7.25, '2026-11-22 11:00Z')`);
});

afterAll(async () => {
  await Promise.all([client.end(), reader.end()]);
  await Promise.all([shop.drop(), own.drop(), rm(cwd, { recursive: true, force: true })]);
});

async function report(pipeline: string): Promise<Record<string, unknown>> {
  const env = { SHOP_URL: shop.url, MILLRACE_DATABASE_URL: own.url };
  const { code, stdout, stderr } = await run({ args: ["run", pipeline, "--json"], cwd, env }).ended;
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { tables: Record<string, unknown> }[])[0]?.tables ?? {};
}

test("the example merges a table, appends what is new with a lookup, and copies", async () => {
  expect(await report("customers")).toMatchObject({ customers: { inserted: 3 } });
  expect(await report("orders")).toMatchObject({ orders: { inserted: 2 } });
  expect(await report("copy")).toMatchObject({ customers_copy: { inserted: 3 } });
  await client.query(`
    UPDATE customers SET credit = 11 WHERE id = 1;
    DELETE FROM customers WHERE id = 3;
    INSERT INTO orders VALUES (3, 2, 1, '2026-11-22 10:30Z'), (4, 2, 1, '2026-11-22 12:00Z')`);
  expect(await report("customers")).toMatchObject({ customers: { updated: 1, unchanged: 1, removed: 1 } });
  expect(await report("orders")).toMatchObject({ orders: { inserted: 2 } });
  expect(await report("orders")).toMatchObject({});
  expect(await report("copy")).toMatchObject({ customers_copy: { inserted: 2, removed: 3 } });
  const { rows } = await reader.query("SELECT id, customer_name, amount FROM orders ORDER BY placed_at");
  expect(rows).toEqual([
    { id: "9007199254740993", customer_name: "Ada", amount: "5.00" },
    { id: "3", customer_name: "Grace", amount: "1.00" },
    { id: "2", customer_name: "Grace", amount: "7.25" },
    { id: "4", customer_name: "Grace", amount: "1.00" },
  ]);
  const copied = await reader.query("SELECT id, name FROM customers_copy ORDER BY id");
  expect(copied.rows).toEqual([
    { id: 1, name: "Ada" },
    { id: 2, name: "Grace" },
  ]);
});

test("a database that the configuration does not name is told, with the nearest name", async () => {
  const env = { SHOP_URL: shop.url, MILLRACE_DATABASE_URL: own.url };
  const file = path.join(cwd, "pipelines/mistyped.ts");
  await writeFile(
    file,
    `import { database, pipeline, postgres } from "millrace";
export default pipeline("mistyped", {
  source: database({ from: "shpo", table: "customers" }),
  destination: postgres().table("mistyped", { mode: "append" }),
});
`,
  );
  const { code, stdout } = await run({ args: ["run", "mistyped", "--json"], cwd, env }).ended;
  expect(code).not.toBe(0);
  const [only] = JSON.parse(stdout) as { error: { code: string; hint: string } }[];
  expect(only?.error).toMatchObject({ code: "MLR_DATABASE_UNKNOWN", hint: 'Did you mean "shop"?' });
});
