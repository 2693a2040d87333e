import { expect, test } from "vitest";
import { withExample } from "./bed.ts";

test("the example makes its table, builds on it with migrations, and undoes the last one", () =>
  withExample("migrations", async ({ client, millrace }) => {
    await millrace("deploy-tables");
    expect(await millrace("migrate", "run")).toMatchObject([
      { migrations: [{ version: 1 }, { version: 2 }] },
    ]);
    await millrace("run", "orders");
    const { rows } = await client.query("SELECT * FROM orders_by_country ORDER BY country");
    expect(rows).toEqual([
      { country: "DE", orders: "2", total: "112.50" },
      { country: "FR", orders: "1", total: "7.25" },
    ]);
    expect(await millrace("migrate", "check", "--current")).toMatchObject([{ ok: true }]);
    await millrace("migrate", "rollback");
    expect((await client.query("SELECT to_regclass('orders_by_total') AS index")).rows).toEqual([
      { index: null },
    ]);
  }));
