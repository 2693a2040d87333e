import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@millrace/core";
import { enqueue, type RunTransport, Scheduler } from "@millrace/orchestrator";
import { rabbitmqTransport } from "@millrace/orchestrator/rabbitmq";
import { type ControlStore, openControl } from "@millrace/platform";
import { startTestPostgres } from "@millrace/platform/testing";
import { claimRun, claimRuns } from "../../packages/orchestrator/src/queue/claim.ts";
import { RUNS_CHANNEL } from "../../packages/orchestrator/src/queue/enqueue.ts";
import { RUN_LIMITS } from "../../packages/orchestrator/src/queue/run-limits.ts";
import { WorkerSession } from "../../packages/orchestrator/src/worker/worker-session.ts";
import { missingRabbitmq, startRabbitmq } from "../../packages/orchestrator/test/rabbitmq-server.ts";
import { type Measured, round } from "../lib/result.ts";

const QUEUED = Number(process.env["BENCH_QUEUED"] ?? 2_000);
const ONE_BY_ONE = Number(process.env["BENCH_RUNS"] ?? 200);
const SLOTS = 8;

/** Runs that reach a worker through RabbitMQ, against NOTIFY and claims from the table. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  const missing = missingRabbitmq();
  if (missing !== undefined) return { skipped: missing };
  const server = await startTestPostgres();
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const control = await openControl(await server.createDatabase(), { fallbackDirectory: folder });
  const broker = await startRabbitmq();
  const transport = rabbitmqTransport({
    url: broker.url,
    pool: control.pool,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  try {
    const plain = await through(control, undefined);
    const scheduler = new Scheduler({ control, transport });
    scheduler.start();
    const brokered = await through(control, transport);
    await scheduler.close();
    return [
      measured(
        "claims",
        `${QUEUED} runs that wait, one claim each, claims/s`,
        brokered.perSecond,
        plain.perSecond,
      ),
      measured("queued → claimed, p50", "one run at a time, ms", brokered.p50, plain.p50),
      measured("queued → claimed, p99", "one run at a time, ms", brokered.p99, plain.p99),
    ];
  } finally {
    await control.close();
    await server.stop();
    await broker.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function measured(name: string, work: string, ours: number, postgres: number): Measured {
  return {
    name: `rabbitmq: ${name}`,
    work,
    ours: round(ours),
    ratio: round(ours / postgres),
    goal: null,
    peers: { "PostgreSQL alone": round(postgres) },
    peakMemoryMb: null,
  };
}

async function clear({ pool }: ControlStore): Promise<void> {
  await pool.query(
    `TRUNCATE millrace_control.runs, millrace_control.leases, millrace_control.workers, millrace_control.events,
       millrace_control.announcements, millrace_control.brokers`,
  );
}

interface Speed {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** A worker that claims and does nothing else. */
async function through(control: ControlStore, transport: RunTransport | undefined): Promise<Speed> {
  const { pool } = control;
  await clear(control);
  let claimed = 0;
  let reached = Promise.withResolvers<void>();
  let wanted = 0;
  const count = (more: number): void => {
    claimed += more;
    if (claimed >= wanted) reached.resolve();
  };
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    for (let found = 1; found > 0; count(found)) found = (await claimRuns(pool, session.id, 1)).length;
  };
  const session = new WorkerSession({
    url: control.url,
    queues: ["default"],
    labels: [],
    slots: SLOTS,
    version: "bench",
    leaseMs: 60_000,
    clock: systemClock,
    onNotice: () => {
      if (transport === undefined) looking = looking.then(look);
    },
  });
  await session.open([RUNS_CHANNEL]);
  let busy = 0;
  const membership = transport?.join({
    worker: session.id,
    queues: ["default"],
    labels: [],
    free: () => SLOTS - busy,
    offer: async ({ run, attempt }) => {
      busy++;
      const claim = await claimRun(pool, session.id, run, attempt);
      busy--;
      if (claim !== undefined) count(1);
      return "settled";
    },
    commanded: () => undefined,
    missed: () => undefined,
  });
  const until = (runs: number): Promise<void> => {
    wanted = claimed + runs;
    reached = Promise.withResolvers<void>();
    return reached.promise;
  };
  while (membership?.announces === false || (transport !== undefined && !(await used(control))))
    await systemClock.sleep(20);
  const runs = (from: number, to: number): Parameters<typeof enqueue>[1] =>
    Array.from({ length: to - from }, (_, i) => ({
      pipeline: `bench-${from + i}`,
      trigger: "manual" as const,
      limits: RUN_LIMITS,
    }));
  const started = performance.now();
  const all = until(QUEUED);
  await enqueue(pool, runs(0, QUEUED));
  await all;
  const perSecond = (QUEUED * 1_000) / (performance.now() - started);
  const times: number[] = [];
  for (let i = 0; i < ONE_BY_ONE; i++) {
    const done = until(1);
    const at = performance.now();
    await enqueue(pool, runs(QUEUED + i, QUEUED + i + 1));
    await done;
    times.push(performance.now() - at);
  }
  await membership?.close();
  await session.close();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { perSecond, p50: at(0.5), p99: at(0.99) };
}

async function used({ pool }: ControlStore): Promise<boolean> {
  return (await pool.query("SELECT FROM millrace_control.brokers")).rowCount === 1;
}
