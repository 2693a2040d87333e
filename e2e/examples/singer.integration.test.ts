import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/more/singer");

test("the example reads a tap's streams, and on the next run only what is new", async () => {
  const database = await freshDatabase();
  const cwd = await mkdtemp(path.join(tmpdir(), "millrace-example-"));
  const client = new pg.Client({ connectionString: database.url });
  try {
    await cp(EXAMPLE, cwd, { recursive: true });
    await client.connect();
    const env = { MILLRACE_DATABASE_URL: database.url };
    const reports = [];
    for (let again = 0; again < 2; again++) {
      const { code, stdout, stderr } = await run({ args: ["run", "--json"], cwd, env }).ended;
      expect(code, stderr).toBe(0);
      reports.push((JSON.parse(stdout) as { tables: Record<string, unknown> }[])[0]);
    }
    expect(reports).toMatchObject([
      { tables: { stations: { inserted: 3 }, readings: { inserted: 6 } } },
      {
        tables: { stations: { unchanged: 3, removed: 0 } },
        checkpoint: { singer: { state: { readings: "2026-01-02T02:00:00Z" } } },
      },
    ]);
    const { rows } = await client.query(
      "SELECT station, celsius FROM weather.readings ORDER BY at DESC, station LIMIT 1",
    );
    expect(rows).toEqual([{ station: "ALP", celsius: "-4.75" }]);
    expect((await client.query("SELECT 1 FROM weather.readings")).rows).toHaveLength(6);
  } finally {
    await client.end();
    await rm(cwd, { recursive: true, force: true });
    await database.drop();
  }
});
