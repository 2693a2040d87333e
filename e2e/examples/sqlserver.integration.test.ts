import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { Emulator, prepareEmulated } from "../../packages/connectors/src/sqlserver/test/emulator/emulator.ts";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/sqlserver");

// No SQL Server runs here: the command line speaks the real protocol to a double, whose statements PostgreSQL does.
test("the example merges a file, queries what it wrote, and finds it as it was stored", async () => {
  const database = await freshDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  await prepareEmulated(client);
  const emulator = await Emulator.start(database.url);
  const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
  try {
    await cp(EXAMPLE, cwd, { recursive: true });
    const env = { SHOP_URL: `mssql://sa:S3cret@127.0.0.1:${emulator.server.port}/shop?encrypt=false` };
    const millrace = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run({ args, cwd, env }).ended;
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).not.toContain("S3cret");
      return stdout;
    };
    const report = async (pipeline: string): Promise<Record<string, unknown>> =>
      (JSON.parse(await millrace("run", pipeline, "--json")) as { tables: Record<string, unknown> }[])[0]
        ?.tables ?? {};
    expect(await report("customers")).toMatchObject({ customers: { inserted: 3 } });
    const file = path.join(cwd, "data/customers.csv");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("London", "Turin").replace(/^3,.*\n/m, ""));
    expect(await report("customers")).toMatchObject({ customers: { updated: 1, unchanged: 1, removed: 1 } });
    expect(await report("cities")).toMatchObject({ cities: { inserted: 2 } });
    const history = await client.query(
      "SELECT _operation, _changed, city FROM dbo.customers__history ORDER BY _version",
    );
    expect(history.rows).toEqual([
      { _operation: "update", _changed: '["city"]', city: "London" },
      { _operation: "remove", _changed: "[]", city: "Helsinki" },
    ]);
    expect(emulator.server.faults.map(String)).toEqual([]);
  } finally {
    await emulator.close();
    await client.end();
    await database.drop();
    await rm(cwd, { recursive: true, force: true });
  }
});
