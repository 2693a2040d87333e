import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { ordersServer, type SoapServer } from "../../packages/connectors/test/soap/server.ts";
import { run, type Ended } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/soap");

let database: FreshDatabase;
let server: SoapServer;
let totals: string[];
beforeEach(async () => {
  database = await freshDatabase();
  totals = ["9007199254740993.25", "2.5", "3"];
  server = await ordersServer(
    {
      GetOrders: (input) => {
        const page = Number(input["Page"]);
        const orders = totals.map((Total, index) => ({
          Id: index + 1,
          Total,
          Paid: index === 0,
          Placed: "2026-11-01T10:00:00.1234567+02:00",
          Due: "2026-11-30",
        }));
        return { GetOrdersResult: { Order: orders.slice((page - 1) * 2, page * 2) }, More: page < 2 };
      },
    },
    (security) => JSON.stringify(security).includes("reader"),
  );
});
afterEach(async () => {
  await server.close();
  await database.drop();
});

const millrace = (...args: string[]): Promise<Ended> =>
  run({
    args,
    cwd: EXAMPLE,
    env: {
      MILLRACE_DATABASE_URL: database.url,
      SOAP_URL: `${server.url}/orders`,
      SOAP_PASSWORD: "the-password",
    },
  }).ended;

async function tablesOf(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await millrace("run", ...args, "--json");
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { tables: unknown }[])[0]?.tables;
}

async function query(statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query("SET TIME ZONE 'UTC'");
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

test("the example reads the orders of a SOAP server with their types, and then what changed", async () => {
  expect(await tablesOf("orders")).toMatchObject({ orders: { read: 3, inserted: 3 } });
  expect(
    await query("SELECT id, total::text, paid, placed::text, due::text FROM orders ORDER BY id LIMIT 1"),
  ).toEqual([
    {
      id: "1",
      total: "9007199254740993.25",
      paid: true,
      placed: "2026-11-01 08:00:00.123457+00",
      due: "2026-11-30",
    },
  ]);
  totals = ["9007199254740993.250", "2.75"];
  expect(await tablesOf("orders")).toMatchObject({ orders: { unchanged: 1, updated: 1, removed: 1 } });
  const { stdout } = await millrace("runs", "--json");
  expect(stdout).toContain("orders");
  expect(stdout).not.toContain("the-password");
});

test("the example lists the operations of the service", async () => {
  expect(await tablesOf("operations")).toMatchObject({ operations: { inserted: 2 } });
  expect(await query("SELECT operation, input FROM operations ORDER BY operation LIMIT 1")).toEqual([
    { operation: "Convert", input: "{ Amount: { currency: string, text: decimal }, To: string }" },
  ]);
});
