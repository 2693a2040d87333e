import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";

const CHILD = fileURLToPath(new URL("../../test/sampling/sampling-child.ts", import.meta.url));

let database: FreshDatabase;
let directory: string;
let client: pg.Client;
const children: ChildProcess[] = [];
beforeEach(async () => {
  database = await freshDatabase();
  directory = await mkdtemp(path.join(tmpdir(), "millrace-sampling-"));
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await client.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

interface Tick {
  /** ms since 1970. */
  readonly time: number;
  readonly copies: number;
}

async function ticks(): Promise<Tick[]> {
  const { rows } = await client
    .query<Tick>(
      `SELECT (extract(epoch FROM time) * 1000)::float8 AS time, count(*)::int AS copies FROM samples GROUP BY 1 ORDER BY 1`,
    )
    .catch(() => ({ rows: [] }));
  return rows;
}

function start(): ChildProcess {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", CHILD, database.url, directory], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.push(child);
  return child;
}

test("killed at any moment, sampling goes on where it was: nothing twice, and at most a little more than a flush interval is lost", async () => {
  for (let round = 0; round < 3; round += 1) {
    const before = (await ticks()).length;
    const child = start();
    await expect.poll(async () => (await ticks()).length, { timeout: 20_000 }).toBeGreaterThan(before + 25);
    const killed = Date.now();
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    // The commit that was under way is over when its connection is.
    await expect
      .poll(async () => {
        const { rows } = await client.query(
          "SELECT 1 FROM pg_stat_activity WHERE application_name <> '' AND pid <> pg_backend_pid() AND datname = current_database() AND state = 'active'",
        );
        return rows.length;
      })
      .toBe(0);
    const all = await ticks();
    expect(all.every(({ copies }) => copies === 1)).toBe(true);
    const last = all.at(-1)?.time ?? 0;
    // Committed each second at least; the rest is what this machine takes for it.
    expect(killed - last).toBeLessThan(10_000);
    const own = all.slice(before).map(({ time }) => time);
    const gaps = own.slice(1).map((time, index) => time - (own[index] ?? 0));
    expect(gaps.filter((gap) => gap % 50 !== 0)).toEqual([]);
  }
});
