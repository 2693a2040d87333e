import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { postgres } from "@millrace/connectors/postgres";
import { executeRun, type Message, pipeline, type Source, type Transform } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import { Metrics, RunMetrics } from "@millrace/platform/metrics";
import { RunTrace, Spans, tracePreload } from "@millrace/platform/traces";
import { benchDatabase } from "../lib/database.ts";
import { type Measured, round } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

const ROWS = 400_000;
const BATCH = 1_000;
const CALLS = 1_000_000;

/** A run that appends rows in batches of a thousand through one transform: with traces, and without. And what counting costs. */
export async function measure(): Promise<Measured[]> {
  const database = await benchDatabase();
  const collector = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200).end());
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const prepare = async (): Promise<void> => {
    await database.sql("DROP TABLE IF EXISTS bench_telemetry");
    await database
      .sql("DELETE FROM millrace.tables WHERE table_name = 'bench_telemetry'")
      .catch(() => undefined);
  };
  const seconds = await interleave(
    [
      { name: "without", prepare, work: () => run(database.url) },
      { name: "with traces", prepare, work: () => run(database.url, endpoint) },
      { name: "collector down", prepare, work: () => run(database.url, "http://127.0.0.1:9") },
    ],
    7,
  );
  await prepare();
  await database.close();
  collector.closeAllConnections();
  collector.close();
  const { without = 0, "with traces": traced = 0, "collector down": down = 0 } = seconds;
  const work = `${ROWS} rows in batches of ${BATCH} through a transform, appended to PostgreSQL: seconds`;
  const base = { work, peers: { without }, peakMemoryMb: null };
  return [
    { ...base, name: "telemetry: traces", ours: traced, ratio: round(traced / without), goal: "<= 1.05" },
    { ...base, name: "telemetry: collector down", ours: down, ratio: round(down / without), goal: "<= 1.05" },
    counting(),
  ];
}

async function run(url: string, endpoint?: string): Promise<number> {
  const id = newRunId();
  const spans =
    endpoint === undefined ? undefined : new Spans({ endpoint, version: "bench", timeoutMs: 3_000 });
  // Processes of runs have loaded it while they waited.
  if (spans !== undefined) await import(tracePreload());
  const started = performance.now();
  const trace =
    spans === undefined ? undefined : new RunTrace({ spans, run: id, pipeline: "bench_telemetry" });
  const report = await executeRun({
    pipeline: pipeline("bench_telemetry", {
      source: generated(),
      transforms: [doubled],
      destination: postgres({ url }).table("bench_telemetry", { mode: "append" }),
    }),
    environment: { directory: ".", databaseUrl: () => Promise.resolve(url) },
    run: id,
    attempts: { next: () => Promise.resolve(BigInt(Date.now())) },
    ...(trace === undefined ? {} : { observe: (event) => trace.observe(event), steps: trace.steps }),
  });
  if (report.status !== "succeeded")
    throw new Error(`the run ended as ${report.status}: ${report.error?.message}`);
  trace?.end(report);
  const taken = (performance.now() - started) / 1_000;
  // What a run waits for at its end at most; told by the tests, and not what is compared here.
  await spans?.close(5_000);
  return taken;
}

function generated(): Source {
  return {
    async *read(): AsyncGenerator<Message> {
      for (let from = 0; from < ROWS; from += BATCH) {
        const rows = Array.from({ length: BATCH }, (_, index) => ({
          id: from + index,
          name: `name ${index}`,
        }));
        yield { type: "rows", stream: "bench_telemetry", slice: "all", rows };
      }
    },
  };
}

const doubled: Transform = {
  kind: "doubled",
  holds: "nothing",
  apply: (batch) => ({ ...batch, rows: batch.rows.map((row) => ({ ...row, twice: Number(row["id"]) * 2 })) }),
};

function counting(): Measured {
  const metrics = new Metrics();
  const runs = new RunMetrics(metrics);
  const counts = {
    read: 5,
    inserted: 2,
    updated: 1,
    unchanged: 2,
    removed: 0,
    restored: 0,
    rejected: 0,
    duplicates: 0,
  };
  const event = {
    type: "committed",
    commit: 1n,
    tables: { t: counts },
    totals: {},
    checkpoints: {},
  } as const;
  const started = performance.now();
  for (let index = 0; index < CALLS / 10; index++) runs.event(`p${index % 100}`, event);
  const micros = ((performance.now() - started) * 1_000) / (CALLS / 10);
  return {
    name: "telemetry: counting a commit",
    work: "microseconds to count a commit of one table, 100 pipelines in turn",
    ours: round(micros),
    peers: {},
    ratio: round(micros),
    goal: "< 50",
    peakMemoryMb: null,
  };
}
