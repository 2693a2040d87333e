import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/duckdb");

test("the example joins and adds up a whole reading, exactly, and the second time nothing changes", async () => {
  const database = await freshDatabase();
  const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
  const client = new pg.Client({ connectionString: database.url });
  try {
    await cp(EXAMPLE, cwd, { recursive: true });
    await client.connect();
    const tables: unknown[] = [];
    for (let again = 0; again < 2; again++) {
      const env = { MILLRACE_DATABASE_URL: database.url };
      const { code, stdout, stderr } = await run({ args: ["run", "--full", "--json"], cwd, env }).ended;
      expect(code, stderr).toBe(0);
      tables.push((JSON.parse(stdout) as { tables: unknown }[])[0]?.tables);
    }
    expect(tables).toMatchObject([{ revenue: { inserted: 4 } }, { revenue: { unchanged: 4, removed: 0 } }]);
    const { rows } = await client.query(
      "SELECT ordered::text, country, net::text, gross::text, net_so_far::text FROM revenue ORDER BY country, ordered",
    );
    expect(rows).toEqual([
      { ordered: "2026-11-20", country: "France", net: "5", gross: "6", net_so_far: "5" },
      { ordered: "2026-11-21", country: "France", net: "21.75", gross: "26.1", net_so_far: "26.75" },
      { ordered: "2026-11-20", country: "Germany", net: "39.8", gross: "47.362", net_so_far: "39.8" },
      { ordered: "2026-11-21", country: "Germany", net: "101", gross: "120.19", net_so_far: "140.8" },
    ]);
  } finally {
    await client.end();
    await rm(cwd, { recursive: true, force: true });
    await database.drop();
  }
});
