import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/markets");
const PATIENCE = 60_000;

test.each(["okx", "binance", "coinbase"])(
  "%s is collected from its capture, and a run that is killed goes on without losing or repeating a trade",
  { timeout: 120_000 },
  async (name) => {
    const database = await freshDatabase();
    const folder = await mkdtemp(path.join(tmpdir(), "millrace-markets-"));
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const begin = (speed: number): ReturnType<typeof run> =>
      run({
        args: ["run", name],
        cwd: folder,
        env: { MILLRACE_DATABASE_URL: database.url, MARKETS_SPEED: String(speed) },
      });
    const count = async (what: string): Promise<number> => {
      const there = await client.query("SELECT to_regclass($1) IS NOT NULL AS there", [`${name}_trades`]);
      if (!(there.rows as { there: boolean }[])[0]?.there) return 0;
      const { rows } = await client.query(`SELECT ${what} AS n FROM ${name}_trades`);
      return Number((rows as { n: string }[])[0]?.n);
    };
    const until = async (what: () => Promise<boolean>): Promise<void> => {
      const deadline = performance.now() + PATIENCE;
      while (!(await what())) {
        if (performance.now() > deadline) throw new Error("It did not come to that in time");
        await wait(100);
      }
    };
    try {
      await cp(EXAMPLE, folder, { recursive: true });
      const capture = readFileSync(path.join(EXAMPLE, `captures/${name}.capture`), "utf8");
      const trades = capture.match(/"tradeId"|"e":"trade"|"type":"match"/g)?.length ?? 0;
      const first = begin(20);
      await until(async () => (await count("count(*)")) >= 10);
      first.child.kill("SIGKILL");
      await first.ended;
      // The second run plays the capture from its beginning: what is known comes again, and lands once.
      const second = begin(40);
      await until(async () => (await count("count(*)")) >= trades);
      second.child.kill("SIGINT");
      const { code, stdout, stderr } = await second.ended;
      expect(code, stdout + stderr).toBe(0);
      expect(await count("count(*)")).toBe(trades);
      expect(await count("count(DISTINCT (symbol, trade_id))")).toBe(trades);
      const gaps = await client.query(`SELECT * FROM ${name}_gaps WHERE state <> 'filled'`);
      expect(gaps.rows).toEqual([]);
    } finally {
      await client.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
