import { type ChildProcess, fork } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { pipeline as pipe } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { postgres } from "@millrace/connectors/postgres";
import { pushed } from "@millrace/connectors/pushed";
import { describePushed, pipeline, type Row } from "@millrace/core";
import { EmbeddedPostgres, openControl } from "@millrace/platform";
import pg from "pg";
import { Pool } from "undici";
import { pushByGrpc } from "../../packages/ingest/test/push-by-grpc.ts";
import { benchDatabase, DATA, psql, psqlPath } from "../lib/database.ts";
import { median, round, type Measured } from "../lib/result.ts";
import { benchRows, COLUMNS, copyText, TABLE_SQL } from "../lib/rows.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 200_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 5);
const BATCH = 1_000;
const CONNECTIONS = 64;
const CONTROL = "millrace_bench_ingest";
const STREAMS = ["grpc_append", "grpc_merge", "rest_append", "single"] as const;

type Stream = (typeof STREAMS)[number];

interface Service {
  readonly url: string;
  readonly grpcUrl: string;
  readonly token: string;
  readonly child: ChildProcess;
}

/** What is pushed by gRPC and REST against psql's `\copy` of the same rows, and single rows from many connections. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  if (psqlPath() === undefined)
    return { skipped: "psql is not installed (Debian package postgresql-client)" };
  const database = await benchDatabase();
  const rows = benchRows(0, ROWS);
  const batches = batchesOf(rows);
  const text = `${DATA}ingest.txt`;
  await mkdir(DATA, { recursive: true });
  await pipe(function* () {
    for (const row of rows) yield copyText(row);
  }, createWriteStream(text));
  const seconds: Record<string, number[]> = {};
  const time = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    const from = performance.now();
    await work();
    (seconds[name] ??= []).push((performance.now() - from) / 1_000);
  };
  let single = { perSecond: 0, p99: 0 };
  let memory = 0;
  for (let turn = 0; turn < ROUNDS; turn++) {
    const service = await open(database);
    const grpc = { url: service.grpcUrl, token: service.token };
    for (const stream of ["grpc_append", "grpc_merge"] as const)
      await time(stream, () => expectRows(pushByGrpc({ ...grpc, stream }, batches), ROWS));
    await time("rest_append", () => expectRows(pushByRest(service, Buffer.concat(batches)), ROWS));
    await time("copy", async () => {
      await database.sql("DROP TABLE IF EXISTS bench_copy");
      await database.sql(`CREATE TABLE bench_copy (${TABLE_SQL})`);
      await psql(database.url, `\\copy bench_copy from '${text}'`);
    });
    if (turn === ROUNDS - 1) single = await pushSingles(service);
    memory = Math.max(memory, await end(service.child));
  }
  await database.close();
  const of = (name: string): number => round(median(seconds[name] ?? []));
  const common = { peers: { "psql \\copy": of("copy") }, peakMemoryMb: round(memory, 0) };
  const line = (name: string, stream: Stream, goal: string): Measured => ({
    name,
    work: `${name} of ${ROWS} rows of 10 columns, seconds`,
    ours: of(stream),
    ratio: round(of("copy") / of(stream)),
    goal,
    ...common,
  });
  return [
    line(`ingest: gRPC in batches of ${BATCH}, appended`, "grpc_append", ">= 0.6"),
    line("ingest: NDJSON by REST, appended", "rest_append", ">= 0.5"),
    {
      ...line(`ingest: gRPC in batches of ${BATCH}, merged`, "grpc_merge", ""),
      work: `merge ${ROWS} rows, seconds; ratio: rows per second ÷ 50,000`,
      ratio: round(ROWS / of("grpc_merge") / 50_000),
      goal: ">= 1",
    },
    {
      name: `ingest: single rows from ${CONNECTIONS} connections`,
      work: `acknowledged rows per second (p99 ${round(single.p99)} ms); ratio to 15,000`,
      ours: round(single.perSecond),
      ratio: round(single.perSecond / 15_000),
      goal: ">= 1",
      peers: {},
      peakMemoryMb: round(memory, 0),
    },
  ];
}

function batchesOf(rows: readonly Row[]): readonly Buffer[] {
  const batches: Buffer[] = [];
  for (let at = 0; at < rows.length; at += BATCH) {
    const lines = rows.slice(at, at + BATCH).map((row) => `${JSON.stringify(row)}\n`);
    batches.push(Buffer.from(lines.join("")));
  }
  return batches;
}

async function expectRows(pushing: Promise<number>, rows: number): Promise<void> {
  const landed = await pushing;
  if (landed !== rows) throw new Error(`${landed} of ${rows} rows landed`);
}

async function pushByRest({ url, token }: Service, body: Buffer): Promise<number> {
  const response = await fetch(`${url}/v1/streams/rest_append/rows`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/x-ndjson" },
    body: new Uint8Array(body),
  });
  return ((await response.json()) as { accepted: number }).accepted;
}

/** Posts of one row each, each acknowledged before its connection sends the next. */
async function pushSingles({ url, token }: Service): Promise<{ perSecond: number; p99: number }> {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const latencies: number[] = [];
  const until = performance.now() + SECONDS * 1_000;
  let next = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < until) {
      const from = performance.now();
      const body = `{"id":${next++},"name":"single"}`;
      const answer = await pool.request({ path: "/v1/streams/single/rows", method: "POST", headers, body });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`a single row was answered with ${answer.statusCode}`);
      latencies.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  await pool.close();
  const sorted = latencies.toSorted((a, b) => a - b);
  return { perSecond: latencies.length / SECONDS, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
}

/** A service with empty tables. */
async function open(database: Awaited<ReturnType<typeof benchDatabase>>): Promise<Service> {
  for (const stream of STREAMS) {
    for (const table of [stream, `${stream}__history`, `${stream}__quarantine`])
      await database.sql(`DROP TABLE IF EXISTS bench_${table}`);
    for (const table of ["tables", "checkpoints", "pipelines"])
      await database
        .sql(`DELETE FROM millrace.${table} WHERE pipeline = 'bench_${stream}'`)
        .catch(() => undefined);
  }
  const { control, token } = await register();
  const file = fileURLToPath(new URL("../lib/ingest-child.ts", import.meta.url));
  const child = fork(file, [control, database.url], { execArgv: ["--conditions=@millrace/source"] });
  const [where] = (await once(child, "message")) as [{ url: string; grpcUrl: string }];
  return { ...where, token, child };
}

async function end(child: ChildProcess): Promise<number> {
  child.send("end");
  const [{ memory }] = (await once(child, "message")) as [{ memory: number }];
  return memory;
}

/** A fresh control database with the streams and a token for them. */
async function register(): Promise<{ control: string; token: string }> {
  const server = await EmbeddedPostgres.ensure({ directory: `${DATA}postgres` });
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${CONTROL} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${CONTROL}`);
  await admin.end();
  const control = await openControl(server.url(CONTROL), { fallbackDirectory: `${DATA}fallback` });
  for (const stream of STREAMS) {
    const mode = stream === "grpc_merge" ? "merge" : "append";
    const made = pipeline(`bench_${stream}`, {
      source: pushed({ stream, columns: stream === "single" ? {} : COLUMNS }),
      destination: postgres().table(`bench_${stream}`, mode === "merge" ? { key: ["id"], mode } : { mode }),
    });
    await control.pool.query(
      `INSERT INTO millrace_control.pipelines (name, file, limits, declared_enabled, pushed)
       VALUES ($1, 'bench.ts', '{}', true, $2)`,
      [made.name, JSON.stringify(describePushed(made))],
    );
  }
  const token = `mlr_${randomUUID()}`;
  const user = randomUUID();
  await control.pool.query(
    "INSERT INTO millrace_control.users (id, name, role, created_by) VALUES ($1, 'bench', 'admin', 'bench')",
    [user],
  );
  await control.pool.query(
    `INSERT INTO millrace_control.api_tokens (id, name, token_hash, hint, user_id, role, streams, created_at)
     VALUES ($1, 'bench', $2, 'mlr_', $3, 'viewer', '{*}', now())`,
    [randomUUID(), createHash("sha256").update(token).digest(), user],
  );
  await control.close();
  return { control: server.url(CONTROL), token };
}
