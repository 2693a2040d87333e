import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { systemClock } from "@millrace/core";
import { type ControlStore, EmbeddedPostgres, openControl } from "@millrace/platform";
import Fastify from "fastify";
import pg from "pg";
import { request } from "undici";
import { createDataServer } from "../../packages/api/src/data/server/create-data-server.ts";
import type { DataServer } from "../../packages/api/src/data/server/data-server.ts";
import { type DataService, openDataService } from "../../packages/api/src/data/server/data-service.ts";
import { DATA } from "../lib/database.ts";
import type { LoadOrder } from "../lib/http-load.ts";
import { median, round, type Measured } from "../lib/result.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 100_000);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 4);
const REQUESTS = Number(process.env["BENCH_REQUESTS"] ?? 200);
const CONNECTIONS = 16;
const DATABASE = "millrace_bench_data";
const PAGE = 100;

/** Requests per second of a page of rows, read and from memory, against a bare server; and how long deep pages take. */
export async function measure(): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const server = await EmbeddedPostgres.ensure({ directory: `${DATA}postgres` });
  const open = new AsyncDisposableStack();
  try {
    const bed = await openBed(server, folder, open);
    const results = [await againstBare(bed), await fromMemory(bed), ...(await deepPages(bed))];
    return [...results, await memoryOfExport(bed)];
  } finally {
    await open.disposeAsync();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Bed {
  readonly url: string;
  readonly control: ControlStore;
  /** Without answers that are kept. */
  readonly reading: string;
  readonly keeping: string;
}

async function openBed(
  server: Awaited<ReturnType<typeof EmbeddedPostgres.ensure>>,
  folder: string,
  open: AsyncDisposableStack,
): Promise<Bed> {
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
  const url = server.url(DATABASE);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(SETUP, []);
  await client.query(
    `INSERT INTO rows SELECT i, 'name of row ' || i, i % 100, i / 8.0, timestamptz '2026-01-01Z' + i * interval '1 s', 'a text that is some words long' FROM generate_series(1, ${ROWS}) AS i`,
  );
  await client.query("VACUUM ANALYZE rows");
  await client.end();
  const control = await openControl(url, { fallbackDirectory: folder });
  open.defer(() => control.close());
  const reading = await served(control, url, 0, open);
  const keeping = await served(control, url, 64 * 1024 * 1024, open);
  return { url, control, reading, keeping };
}

const SETUP = `
CREATE TABLE rows (id bigint PRIMARY KEY, name text NOT NULL, kind integer NOT NULL, value double precision, seen timestamptz, note text);
CREATE SCHEMA IF NOT EXISTS millrace;
CREATE TABLE millrace.pipelines (pipeline text PRIMARY KEY, attempt bigint, last_commit bigint, updated_at timestamptz);
CREATE TABLE millrace.tables (table_schema text, table_name text, pipeline text, mode text, definition jsonb);
INSERT INTO millrace.pipelines VALUES ('bench', 1, 1, now());
INSERT INTO millrace.tables VALUES ('public', 'rows', 'bench', 'upsert', '{"key":["id"]}')`;

async function served(
  control: ControlStore,
  url: string,
  cacheBytes: number,
  open: AsyncDisposableStack,
): Promise<string> {
  const service: DataService = await openDataService({
    pool: control.pool,
    url,
    cacheBytes,
    connections: CONNECTIONS,
    rates: { key: 1e12, address: 1e12 },
    clock: systemClock,
  });
  open.defer(() => service.close());
  await service.exposures.put({ name: "rows", namespace: "public", table: "rows", by: "bench" });
  await service.exposures.allow({ role: "public", table: "rows", by: "bench" });
  const server: DataServer = await createDataServer({
    service,
    logger: { error: (_, message) => process.stderr.write(`${message}\n`), warn: () => undefined },
  });
  open.defer(() => server.close());
  await server.listen({ host: "127.0.0.1", port: 0 });
  return addressOf(server.server.address());
}

/** A page against Fastify and pg with the plainest statement that gives the same rows as JSON text. */
async function againstBare({ url, reading }: Bed): Promise<Measured> {
  const { ours, bare } = await rates(url, { origin: reading, path: `/data/rows?limit=${PAGE}` });
  return {
    name: "page of rows, requests/s",
    work: `${PAGE} of ${ROWS} rows over ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s in turn, requests per second`,
    ours: round(ours, 0),
    peers: { "bare Fastify + pg, json_agg passed through": round(bare, 0) },
    ratio: round(ours / bare),
    goal: ">= 0.8",
    peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
}

async function fromMemory({ url, keeping }: Bed): Promise<Measured> {
  const { ours, bare } = await rates(url, { origin: keeping, path: `/data/rows?limit=${PAGE}` });
  return {
    name: "page of rows that is kept, requests/s",
    work: `the same page while no pipeline commits, requests per second`,
    ours: round(ours, 0),
    peers: { "bare Fastify + pg, json_agg passed through": round(bare, 0) },
    ratio: round(ours / bare),
    goal: ">= 8",
    peakMemoryMb: null,
  };
}

async function rates(
  url: string,
  order: Pick<LoadOrder, "origin" | "path">,
): Promise<{ readonly ours: number; readonly bare: number }> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const bare = Fastify();
  bare.get("/rows", async (_, reply) => {
    const { rows } = await pool.query<{ items: string }>(
      `SELECT json_agg(r)::text AS items FROM (SELECT id, name, kind, value, seen, note FROM rows ORDER BY id LIMIT ${PAGE}) r`,
    );
    reply.header("content-type", "application/json; charset=utf-8");
    return `{"items":${rows[0]?.items ?? "[]"}}`;
  });
  await bare.listen({ host: "127.0.0.1", port: 0 });
  const worker = new Worker(new URL("../lib/http-load.ts", import.meta.url));
  const load = async (of: Pick<LoadOrder, "origin" | "path">): Promise<number> => {
    worker.postMessage({ ...of, connections: CONNECTIONS, seconds: SECONDS } satisfies LoadOrder);
    const [rate] = (await once(worker, "message")) as [number];
    return rate;
  };
  const found: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  try {
    for (let i = 0; i < ROUNDS; i += 1) {
      found.ours.push(await load(order));
      found.bare.push(await load({ origin: addressOf(bare.server.address()), path: "/rows" }));
    }
  } finally {
    await worker.terminate();
    await bare.close();
    await pool.end();
  }
  return { ours: median(found.ours), bare: median(found.bare) };
}

/** The first page and one at the table's end. */
async function deepPages({ reading }: Bed): Promise<Measured[]> {
  const first = await p99(`${reading}/data/rows?limit=${PAGE}`);
  const { body } = await request(`${reading}/data/rows?limit=1&id.gte=${ROWS - PAGE * 2}`);
  const { next } = (await body.json()) as { next: string };
  const deep = await p99(`${reading}/data/rows?limit=${PAGE}&after=${next}`);
  return [
    {
      name: "page at the end, p99",
      work: `the page after row ${ROWS - PAGE * 2} against the first one, ${REQUESTS} times one after the other, milliseconds`,
      ours: round(deep, 2),
      peers: { "first page": round(first, 2) },
      ratio: round(first / deep),
      goal: ">= 0.5",
      peakMemoryMb: null,
    },
  ];
}

async function p99(url: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REQUESTS + 10; i += 1) {
    const started = performance.now();
    const { statusCode, body } = await request(url);
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${text}`);
    if (i >= 10) times.push(performance.now() - started);
  }
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

/** What the process grows by while all rows are sent. */
async function memoryOfExport({ reading }: Bed): Promise<Measured> {
  const before = process.memoryUsage.rss();
  let largest = before;
  let bytes = 0;
  const { body } = await request(`${reading}/data/rows?format=ndjson`);
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    largest = Math.max(largest, process.memoryUsage.rss());
  }
  return {
    name: "export, memory",
    work: `${ROWS} rows, ${round(bytes / 1e6, 0)} MB as NDJSON: what the process grows by, MB`,
    ours: round((largest - before) / 1e6, 0),
    peers: { limit: 100 },
    ratio: round(100 / Math.max(1, (largest - before) / 1e6)),
    goal: ">= 1",
    peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
}

function addressOf(address: string | { readonly port: number } | null): string {
  if (address === null || typeof address === "string")
    throw new Error("The server does not listen on a port");
  return `http://127.0.0.1:${address.port}`;
}
