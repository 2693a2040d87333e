import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { clickhouse } from "@millrace/connectors/clickhouse";
import { describe, expect, test } from "vitest";
import {
  missingClickHouse,
  startClickHouse,
} from "../../packages/connectors/test/clickhouse/clickhouse-server.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/clickhouse");
const missing = missingClickHouse();
const title = missing === undefined ? "on a ClickHouse server" : `on a ClickHouse server: ${missing}`;
const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };

describe.skipIf(missing !== undefined)(title, () => {
  test("the example merges a file, replaces a table by a query, and finds the rows as they were stored", async () => {
    const server = await startClickHouse();
    const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
    try {
      const database = await clickhouse({ url: `${server.url}/default` }).connect(environment);
      await cp(EXAMPLE, cwd, { recursive: true });
      await writeFile(
        path.join(cwd, ".env"),
        `CLICKHOUSE_HOST=127.0.0.1\nCLICKHOUSE_PORT=${server.httpPort}\n`,
        { mode: 0o600 },
      );
      const report = async (pipeline: string): Promise<Record<string, unknown>> => {
        const { code, stdout, stderr } = await run({ args: ["run", pipeline, "--json"], cwd }).ended;
        expect(code, stdout + stderr).toBe(0);
        return (JSON.parse(stdout) as { tables: Record<string, unknown> }[])[0]?.tables ?? {};
      };
      expect(await report("orders")).toMatchObject({ orders: { inserted: 3 } });
      const file = path.join(cwd, "data/orders.csv");
      const text = await readFile(file, "utf8");
      const late = text
        .replace("1,DE,12.50,2026-11-20", "1,DE,99.00,2026-11-01")
        .replace("2,FR,7.25,2026-11-20", "2,IT,8.00,2026-11-22");
      await writeFile(file, late.replace(/^3,.*\n/m, ""));
      expect(await report("orders")).toMatchObject({ orders: { updated: 1, unchanged: 1, removed: 1 } });
      expect(await report("countries")).toMatchObject({ countries: { inserted: 2 } });
      expect(await database.query("SELECT id, country, total FROM shop.orders ORDER BY id")).toEqual([
        { id: 1, country: "DE", total: "12.5" },
        { id: 2, country: "IT", total: "8" },
      ]);
      expect(
        await database.query("SELECT country, orders FROM shop.countries ORDER BY country"),
      ).toMatchObject([{ country: "DE" }, { country: "IT" }]);
      await database.close();
    } finally {
      await rm(cwd, { recursive: true, force: true });
      await server.stop();
    }
  });
});
