import { postgres } from "@millrace/connectors/postgres";
import { sampling, SamplingCollector, simulator } from "@millrace/connectors/sampling";
import { executeRun, pipeline, type Json } from "@millrace/core";
import { randomUUID } from "node:crypto";
import { benchDatabase } from "../lib/database.ts";
import { round, type Measured } from "../lib/result.ts";

const VARIABLES = Number(process.env["BENCH_VARIABLES"] ?? 10_000);
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 30);
const INTERVAL_MS = 100;

interface Status {
  readonly jitterMs: { readonly p99: number };
  readonly contexts: readonly { readonly samples: number; readonly skipped: number }[];
}

/** 10,000 variables at 100 ms from the simulator into PostgreSQL, and what a hundred contexts on the same variables read. */
export async function measure(): Promise<Measured[]> {
  const own = await intoPostgres();
  return [...own, await shared()];
}

async function intoPostgres(): Promise<Measured[]> {
  const database = await benchDatabase();
  let last: Status | undefined;
  const variables = Array.from({ length: VARIABLES }, (_, id) => ({
    id,
    address: `sine(0, ${id + 1}, 60)`,
    reader: "simulator",
  }));
  const source = sampling({
    plan: variables,
    readers: [simulator()],
    intervalMs: INTERVAL_MS,
    durationSeconds: SECONDS,
    names: false,
  });
  const before = process.cpuUsage();
  const begun = performance.now();
  await database.sql("DROP TABLE IF EXISTS bench_samples");
  const report = await executeRun({
    pipeline: pipeline("bench-sampling", {
      source,
      destination: postgres({ url: database.url }).table("bench_samples"),
    }),
    environment: { directory: process.cwd(), databaseUrl: () => Promise.resolve(database.url) },
    run: randomUUID(),
    attempts: { next: (above = 0n) => Promise.resolve(above + BigInt(Date.now())) },
    observe: (event) => {
      if (event.type === "status") last = asStatus(event.status) ?? last;
    },
  });
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(before);
  await database.close();
  if (report.status !== "succeeded") throw new Error(JSON.stringify(report.error));
  const rows = report.tables["bench_samples"]?.inserted ?? 0;
  const expected = (VARIABLES * SECONDS * 1_000) / INTERVAL_MS;
  const skipped = last?.contexts.reduce((sum, context) => sum + context.skipped, 0) ?? 0;
  const peakMemoryMb = round(process.resourceUsage().maxRSS / 1024, 0);
  const work = `${VARIABLES} variables each ${INTERVAL_MS} ms for ${SECONDS} s into PostgreSQL`;
  return [
    {
      name: "sampling rows",
      work: `${work}: share of the samples that landed, ${skipped} skipped`,
      ours: rows,
      ratio: round(rows / expected, 4),
      goal: ">= 1",
      peers: { expected },
      peakMemoryMb,
    },
    {
      name: "sampling jitter",
      work: `${work}: lateness of ticks, p99 in ms`,
      ours: last?.jitterMs.p99 ?? 0,
      ratio: round(5 / (last?.jitterMs.p99 ?? 5)),
      goal: ">= 1",
      peers: { "5 ms": 5 },
      peakMemoryMb,
    },
    {
      name: "sampling CPU",
      work: `${work}: cores of Node`,
      ours: round((user + system) / 1e6 / seconds),
      ratio: round(seconds / ((user + system) / 1e6)),
      goal: ">= 1",
      peers: { "one core": 1 },
      peakMemoryMb,
    },
  ];
}

/** The longest-lived statuses only: the last one says that all contexts have ended. */
function asStatus(status: Json): Status | undefined {
  const known = status as unknown as Status;
  return known.contexts.length > 0 ? known : undefined;
}

/** Readings of 1,000 variables by a hundred contexts at 200 and 300 ms, against one context at 100 ms. */
async function shared(): Promise<Measured> {
  let asked = 0;
  const reader = simulator();
  const counting = {
    ...reader,
    read: (...given: Parameters<typeof reader.read>) => ((asked += given[0].length), reader.read(...given)),
  };
  const variables = Array.from({ length: 1_000 }, (_, id) => ({ id, address: "ramp", reader: "simulator" }));
  const collector = new SamplingCollector({ readers: [counting] });
  const plan = { id: 1, variables };
  for (let id = 0; id < 100; id += 1)
    await collector.start({ id, plan, defaultIntervalMs: id % 2 === 0 ? 200 : 300, durationSeconds: 3 });
  await collector.ended();
  await collector.close();
  const most = (1_000 * 3_000) / 100;
  return {
    name: "sampling shared",
    work: "readings of 1,000 variables by 100 contexts at 200 and 300 ms in 3 s, against one context at 100 ms",
    ours: asked,
    ratio: round(most / asked),
    goal: ">= 1",
    peers: { "one context at 100 ms": most },
    peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
}
