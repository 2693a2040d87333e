import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { MillraceError, systemClock } from "@millrace/core";
import { openOperations } from "@millrace/orchestrator";
import { type ControlStore, EmbeddedPostgres, openControl } from "@millrace/platform";
import Fastify from "fastify";
import pg from "pg";
import { request } from "undici";
import { errorsRoutes } from "../../packages/api/src/manage/errors/routes.ts";
import { eventsRoutes } from "../../packages/api/src/manage/events/routes.ts";
import { functionsRoutes } from "../../packages/api/src/manage/functions/routes.ts";
import { groupsRoutes } from "../../packages/api/src/manage/groups/routes.ts";
import { lineageRoutes } from "../../packages/api/src/manage/lineage/routes.ts";
import { logsRoutes } from "../../packages/api/src/manage/logs/routes.ts";
import { objectsRoutes } from "../../packages/api/src/manage/objects/routes.ts";
import { overviewRoutes } from "../../packages/api/src/manage/overview/routes.ts";
import { pipelinesRoutes } from "../../packages/api/src/manage/pipelines/routes.ts";
import { queuesRoutes } from "../../packages/api/src/manage/queues/routes.ts";
import { listRunsSql } from "../../packages/api/src/manage/runs/list.ts";
import { runsRoutes } from "../../packages/api/src/manage/runs/routes.ts";
import { schedulesRoutes } from "../../packages/api/src/manage/schedules/routes.ts";
import { workersRoutes } from "../../packages/api/src/manage/workers/routes.ts";
import type { ApiContext } from "../../packages/api/src/server/api-context.ts";
import { createServer } from "../../packages/api/src/server/create-server.ts";
import { DATA } from "../lib/database.ts";
import type { LoadOrder } from "../lib/http-load.ts";
import { median, round, type Measured } from "../lib/result.ts";
import { seedControl, type SeedSizes } from "../lib/seed-control.ts";

const SIZES: SeedSizes = {
  pipelines: Number(process.env["BENCH_PIPELINES"] ?? 500),
  runs: Number(process.env["BENCH_RUNS"] ?? 1_000_000),
  logLines: Number(process.env["BENCH_LOG_LINES"] ?? 10_000_000),
};
const REQUESTS = Number(process.env["BENCH_REQUESTS"] ?? 200);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 4);
const CONNECTIONS = 16;
const DATABASE = "millrace_bench_api";
/** What no list or detail may take longer than, for 99 of 100 requests. */
const GOAL_MS = 50;

/** How long lists and details take with a million runs and ten million log lines, and the list of runs against a bare server. */
export async function measure(): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const server = await EmbeddedPostgres.ensure({ directory: `${DATA}postgres` });
  const control = await seeded(server, folder);
  const api = await apiOver(control);
  try {
    await api.listen({ host: "127.0.0.1", port: 0 });
    const origin = addressOf(api.server.address());
    const latencies: Measured[] = [];
    for (const [name, path] of Object.entries(await paths(control)))
      latencies.push(await latency(name, `${origin}/api/v1${path}`));
    return [...latencies, await againstBare(control, origin)];
  } finally {
    await api.close();
    await control.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A control database with that much in it; what an earlier bench left is used again. */
async function seeded(
  server: Awaited<ReturnType<typeof EmbeddedPostgres.ensure>>,
  folder: string,
): Promise<ControlStore> {
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  const sizes = JSON.stringify(SIZES);
  try {
    const control = await openControl(server.url(DATABASE), { fallbackDirectory: folder });
    const { rows } = await admin.query<{ sizes: string | null }>(
      "SELECT shobj_description(oid, 'pg_database') AS sizes FROM pg_database WHERE datname = $1",
      [DATABASE],
    );
    if (rows[0]?.sizes === sizes) return control;
    await control.close();
  } catch {
    // There is none yet, or one of another version.
  }
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${DATABASE}`);
    const control = await openControl(server.url(DATABASE), { fallbackDirectory: folder });
    // The control store's own connections wait a minute for an answer.
    const client = new pg.Client({ connectionString: server.url(DATABASE) });
    await client.connect();
    await seedControl(client, SIZES);
    await client.end();
    await admin.query(`COMMENT ON DATABASE ${DATABASE} IS '${sizes}'`);
    return control;
  } finally {
    await admin.end();
  }
}

function apiOver(control: ControlStore): ReturnType<typeof createServer> {
  const context = {
    pool: control.pool,
    control,
    operations: openOperations({ pool: control.pool, resetState: async () => undefined }),
    tables: {
      state: async () => {
        throw new MillraceError("MLR_TABLE_NOT_FOUND", "There are no tables in this bench");
      },
    },
    clock: systemClock,
    // These routes read the control database alone.
  } as unknown as ApiContext;
  return createServer({
    context,
    guard: {
      identify: async () => ({
        kind: "token",
        id: "00000000-0000-7000-8000-000000000001",
        name: "token bench",
        role: "viewer",
      }),
    },
    routes: [
      pipelinesRoutes,
      groupsRoutes,
      schedulesRoutes,
      runsRoutes,
      logsRoutes,
      eventsRoutes,
      functionsRoutes,
      objectsRoutes,
      overviewRoutes,
      lineageRoutes,
      queuesRoutes,
      workersRoutes,
      errorsRoutes,
    ],
    logger: {
      error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
      warn: () => undefined,
    },
    rates: { identity: 1_000_000, address: 1_000_000 },
  });
}

/** What is asked for, by its name in the results. */
async function paths({ pool }: ControlStore): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ failed: string; first: string; middle: string; at: string }>(
    `SELECT (SELECT id FROM millrace_control.runs WHERE status = 'failed' ORDER BY id DESC LIMIT 1) AS failed,
       (SELECT id FROM millrace_control.runs ORDER BY id DESC OFFSET 100 LIMIT 1) AS first,
       (SELECT id FROM millrace_control.runs WHERE id > (SELECT id FROM millrace_control.runs ORDER BY id LIMIT 1) ORDER BY id
         OFFSET (SELECT reltuples::bigint / 2 FROM pg_class WHERE oid = 'millrace_control.runs'::regclass) LIMIT 1) AS middle,
       to_char(clock_timestamp() - interval '15 days', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at`,
  );
  const [{ failed, first, middle, at } = { failed: "", first: "", middle: "", at: "" }] = rows;
  return {
    pipelines: "/pipelines?limit=100",
    "pipelines, failing": "/pipelines?status=failed,died&limit=100",
    "pipelines, by last run": "/pipelines?sort=lastRun&order=desc&limit=100",
    "pipelines, by next run": "/pipelines?sort=nextRun&limit=100",
    "pipelines, searched": "/pipelines?search=line-12",
    pipeline: "/pipelines/pipeline-7",
    "pipeline's runs": "/pipelines/pipeline-7/runs",
    "pipeline's schema": "/pipelines/pipeline-7/schema",
    "pipeline's checkpoint": "/pipelines/pipeline-7/checkpoint",
    "pipeline's quality": "/pipelines/pipeline-7/quality",
    "pipeline's stats": "/pipelines/pipeline-7/stats",
    "pipeline's versions": "/pipelines/pipeline-7/versions",
    groups: "/groups",
    schedules: "/schedules",
    runs: "/runs",
    "runs, a page in the middle": `/runs?after=${middle}`,
    "runs, failed": "/runs?status=failed",
    "runs, died": "/runs?status=died",
    "runs of a group": "/runs?group=group-3",
    "runs of a group that died": "/runs?group=group-3&status=died",
    "runs by hand": "/runs?trigger=manual",
    "runs of a worker": "/runs?worker=00000000-0000-7000-8000-000000000003",
    "runs, searched": "/runs?search=line-12",
    "runs before a time": `/runs?to=${at}`,
    run: `/runs/${failed}`,
    "run's tables": `/runs/${failed}/tables`,
    "run's logs": `/runs/${first}/logs`,
    "run's logs, searched": `/runs/${first}/logs?search=page%207`,
    "run's events": `/runs/${first}/events`,
    "run's objects": `/runs/${first}/objects`,
    "run's functions": `/runs/${first}/functions`,
    "run's phases": `/runs/${failed}/phases`,
    "run compared": `/runs/${failed}/compare`,
    logs: "/logs",
    "logs, errors": "/logs?level=error",
    "logs, searched": "/logs?search=items",
    "logs, searched for what is not there": "/logs?search=nowhere",
    "logs of a pipeline": "/logs?pipeline=pipeline-7",
    "logs before a time": `/logs?to=${at}`,
    events: "/events",
    "events of a type": "/events?type=schema.changed",
    "events of a pipeline": "/events?pipeline=pipeline-7",
    "events before a time": `/events?to=${at}`,
    functions: "/functions",
    objects: "/objects",
    "objects by name": "/objects?name=table_7",
    overview: "/overview",
    "overview, attention": "/overview/attention",
    "overview, freshness": "/overview/freshness",
    "overview, volume": "/overview/volume",
    "overview, timeline": "/overview/timeline",
    "overview, strips": "/overview/strips",
    lineage: "/lineage",
    queues: "/queues",
    workers: "/workers",
    errors: "/errors",
  };
}

async function latency(name: string, url: string): Promise<Measured> {
  const times: number[] = [];
  for (let i = 0; i < REQUESTS + 10; i += 1) {
    const started = performance.now();
    const { statusCode, body } = await request(url);
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text}`);
    if (i >= 10) times.push(performance.now() - started);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  return {
    name: `${name}, p99`,
    work: `GET ${new URL(url).pathname}${new URL(url).search} ${REQUESTS} times one after the other, with ${SIZES.runs} runs of ${SIZES.pipelines} pipelines and ${SIZES.logLines} log lines, milliseconds`,
    ours: round(p99, 2),
    peers: { p50: round(median(times), 2), limit: GOAL_MS },
    ratio: round(GOAL_MS / p99),
    goal: ">= 1",
    peakMemoryMb: null,
  };
}

/** Requests per second of the list of runs, against Fastify and pg with the same statement and nothing else. */
async function againstBare(control: ControlStore, origin: string): Promise<Measured> {
  const bare = Fastify();
  const { text, values } = listRunsSql({ limit: 100 });
  bare.get("/runs", async (_, reply) => {
    const { rows } = await control.pool.query<{ item: string; key: string }>(text, values);
    const items = rows.slice(0, 100).map(({ item }) => item);
    reply.header("content-type", "application/json; charset=utf-8");
    return `{"items":[${items.join(",")}],"next":"${rows[99]?.key ?? ""}"}`;
  });
  await bare.listen({ host: "127.0.0.1", port: 0 });
  const worker = new Worker(new URL("../lib/http-load.ts", import.meta.url));
  const load = async (order: Pick<LoadOrder, "origin" | "path">): Promise<number> => {
    worker.postMessage({ ...order, connections: CONNECTIONS, seconds: SECONDS } satisfies LoadOrder);
    const [rate] = (await once(worker, "message")) as [number];
    return rate;
  };
  const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  try {
    for (let i = 0; i < ROUNDS; i += 1) {
      rates.ours.push(await load({ origin, path: "/api/v1/runs?limit=100" }));
      rates.bare.push(await load({ origin: addressOf(bare.server.address()), path: "/runs" }));
    }
  } finally {
    await worker.terminate();
    await bare.close();
  }
  const [ours, peer] = [median(rates.ours), median(rates.bare)];
  return {
    name: "list of runs, requests/s",
    work: `100 of ${SIZES.runs} runs over ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s in turn, requests per second`,
    ours: round(ours, 0),
    peers: { "bare Fastify + pg": round(peer, 0) },
    ratio: round(ours / peer),
    goal: ">= 0.8",
    peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
}

function addressOf(address: string | { readonly port: number } | null): string {
  if (address === null || typeof address === "string")
    throw new Error("The server does not listen on a port");
  return `http://127.0.0.1:${address.port}`;
}
