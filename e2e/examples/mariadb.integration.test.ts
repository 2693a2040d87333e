import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { missingMariadb, startMariadb } from "../../packages/connectors/test/mariadb-server.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/mariadb");
const missing = missingMariadb();
const title = missing === undefined ? "on a MariaDB server" : `on a MariaDB server: ${missing}`;

describe.skipIf(missing !== undefined)(title, () => {
  test("the example merges a file, queries what it wrote, and finds it as it was stored", async () => {
    const server = await startMariadb();
    const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
    try {
      await cp(EXAMPLE, cwd, { recursive: true });
      const env = { SHOP_URL: server.url };
      const report = async (pipeline: string): Promise<Record<string, unknown>> => {
        const { code, stdout, stderr } = await run({ args: ["run", pipeline, "--json"], cwd, env }).ended;
        expect(code, stderr).toBe(0);
        expect(stdout + stderr).not.toContain("cret");
        return (JSON.parse(stdout) as { tables: Record<string, unknown> }[])[0]?.tables ?? {};
      };
      expect(await report("customers")).toMatchObject({ customers: { inserted: 3 } });
      const file = path.join(cwd, "data/customers.csv");
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace("London", "Turin").replace(/^3,.*\n/m, ""));
      expect(await report("customers")).toMatchObject({
        customers: { updated: 1, unchanged: 1, removed: 1 },
      });
      expect(await report("cities")).toMatchObject({ cities: { inserted: 2 } });
      const history = await server.admin(
        "SELECT _operation, _changed, city FROM millrace_test.customers__history ORDER BY _version",
      );
      expect(history).toEqual([
        { _operation: "update", _changed: '["city"]', city: "London" },
        { _operation: "remove", _changed: "[]", city: "Helsinki" },
      ]);
      const rows = await server.admin("SELECT city, customers FROM millrace_test.cities ORDER BY city");
      expect(rows.map(({ city, customers }) => [city, Number(customers)])).toEqual([
        ["New York", 1],
        ["Turin", 1],
      ]);
    } finally {
      await rm(cwd, { recursive: true, force: true });
      await server.close();
    }
  });
});
