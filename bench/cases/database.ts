import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { database } from "@millrace/connectors/database";
import { postgres } from "@millrace/connectors/postgres";
import { executeRun, pipeline } from "@millrace/core";
import { benchDatabase, psqlPath } from "../lib/database.ts";
import { median, round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";
import { TABLE_SQL } from "../lib/rows.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 1_000_000);
const LARGE = Number(process.env["BENCH_LARGE_ROWS"] ?? 10_000_000);
const SMALL = 100_000;
const TARGET = "millrace_bench_target";
const child = fileURLToPath(new URL("../lib/database-child.ts", import.meta.url));

/** Copying a table from PostgreSQL to PostgreSQL against psql piped into psql, and the memory that reading ten million rows takes. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  const psql = psqlPath();
  if (psql === undefined) return { skipped: "psql is not installed (Debian package postgresql-client)" };
  const server = await benchDatabase();
  await server.sql(`DROP DATABASE IF EXISTS ${TARGET} WITH (FORCE)`);
  await server.sql(`CREATE DATABASE ${TARGET}`);
  const target = new URL(server.url);
  target.pathname = `/${TARGET}`;
  await fill(server, "bench_source", ROWS);
  const clean = (statement: string): Promise<void> => command(psql, target.href, statement);
  const fresh = (): Promise<void> =>
    clean("DROP SCHEMA IF EXISTS millrace CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  const create = async (): Promise<void> => {
    await fresh();
    await clean(`CREATE TABLE bench_source (${TABLE_SQL})`);
  };
  const piped = (format: string) => ({
    prepare: create,
    work: () => pipe(psql, server.url, target.href, format),
  });
  const seconds = await interleave(
    [
      { name: "ours", prepare: fresh, work: () => copy(server.url, target.href, "append") },
      { name: "ours, replace", prepare: fresh, work: () => copy(server.url, target.href, "replace") },
      { name: "psql | psql", ...piped("") },
      { name: "psql | psql, binary", ...piped("(FORMAT binary)") },
    ],
    5,
  );
  const peers = {
    "psql | psql": seconds["psql | psql"] ?? 0,
    "psql | psql, binary": seconds["psql | psql, binary"] ?? 0,
  };
  const common = { peers, peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0) };
  const passed = (name: string, own: number): Measured => ({
    name,
    work: `copy ${ROWS} rows of 10 columns from one database to another, seconds`,
    ours: own,
    ratio: round(peers["psql | psql"] / own),
    goal: ">= 0.9",
    ...common,
  });
  const results = [
    passed("PostgreSQL to PostgreSQL: append", seconds["ours"] ?? 0),
    passed("PostgreSQL to PostgreSQL: replace", seconds["ours, replace"] ?? 0),
    ...(await memory(server, target.href, fresh)),
  ];
  await server.sql(`DROP DATABASE ${TARGET} WITH (FORCE)`);
  await server.sql("DROP TABLE bench_source");
  await server.close();
  return results;
}

/** Peak memory of a process that appends a large table row by row, against the same with a small one. */
async function memory(
  server: Awaited<ReturnType<typeof benchDatabase>>,
  target: string,
  fresh: () => Promise<void>,
): Promise<Measured[]> {
  const peaks = async (rows: number, rounds: number): Promise<number> => {
    await fill(server, "bench_source", rows);
    const values: number[] = [];
    for (let i = 0; i < rounds; i++) {
      await fresh();
      const { stdout } = await promisify(execFile)(process.execPath, [
        "--conditions=@millrace/source",
        "--max-old-space-size=96",
        "--max-semi-space-size=8",
        child,
        server.url,
        target,
      ]);
      values.push(Number(stdout));
    }
    return round(median(values), 0);
  };
  const small = await peaks(SMALL, 3);
  const large = await peaks(LARGE, 1);
  return [
    {
      name: "database source: memory, growth",
      work: `peak MB with ${LARGE} rows ÷ with ${SMALL}`,
      ours: large,
      peers: { [`ours with ${SMALL} rows`]: small },
      ratio: round(large / small),
      goal: "<= 1.3",
      peakMemoryMb: large,
    },
  ];
}

/** A table with so many rows, made by the server, and vacuumed as one in use would be. */
async function fill(
  server: Awaited<ReturnType<typeof benchDatabase>>,
  table: string,
  rows: number,
): Promise<void> {
  await server.sql(`DROP TABLE IF EXISTS ${table}`);
  await server.sql(`CREATE TABLE ${table} (${TABLE_SQL}, PRIMARY KEY (id))`);
  await server.sql(
    `INSERT INTO ${table} SELECT n, 'customer ' || n % 100000, 'user' || n || '@example.org', 'DE', n % 1000,
       n % 90000 + 0.25, n % 1000003 / 1000.0, n % 2 = 0, TIMESTAMPTZ '2024-01-01' + n * interval '1 second',
       DATE '2024-01-01' + (n % 731)::int FROM generate_series(0, ${rows - 1}) AS n`,
  );
  await server.sql(`VACUUM ANALYZE ${table}`);
}

let attempt = 0n;

async function copy(from: string, to: string, mode: "append" | "replace"): Promise<void> {
  const report = await executeRun({
    pipeline: pipeline("bench-database", {
      source: database({ from: postgres({ url: from }), table: "bench_source" }),
      destination: postgres({ url: to }).table("bench_source", { mode }),
      retry: { attempts: 1 },
    }),
    environment: { databaseUrl: () => Promise.resolve(to), directory: process.cwd() },
    run: randomUUID(),
    attempts: {
      next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)),
    },
  });
  if (report.status !== "succeeded") throw new Error(`bench run failed: ${JSON.stringify(report.error)}`);
  if (report.tables["bench_source"]?.inserted !== ROWS) throw new Error("the bench lost rows");
}

async function command(psql: string, url: string, statement: string): Promise<void> {
  await promisify(execFile)(psql, ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement]);
}

/** The shell's own pipe, so that no byte goes through this process. */
async function pipe(psql: string, from: string, to: string, format: string): Promise<void> {
  const run = (url: string, statement: string): string =>
    `'${psql}' -X -q -v ON_ERROR_STOP=1 -d '${url}' -c '${statement}'`;
  const out = run(from, `COPY bench_source TO STDOUT ${format}`);
  const into = run(to, `COPY bench_source FROM STDIN ${format}`);
  await promisify(execFile)("/bin/sh", ["-c", `${out} | ${into}`]);
}
