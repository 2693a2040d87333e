import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { enqueue, registerPipelines, Scheduler, Worker } from "@millrace/orchestrator";
import { every } from "@millrace/orchestrator/schedule";
import { type ControlStore, EmbeddedPostgres, openControl } from "@millrace/platform";
import { projectStamp } from "../../packages/millrace/src/serve/project-stamp.ts";
import { DATA } from "../lib/database.ts";
import { round, type Measured } from "../lib/result.ts";

const RUNS = Number(process.env["BENCH_RUNS"] ?? 200);
const QUEUED = Number(process.env["BENCH_QUEUED"] ?? 20_000);
const PIPELINES = 500;
const SCHEDULED_SECONDS = Number(process.env["BENCH_SECONDS"] ?? 30);

const LIMITS = {
  queue: "default",
  priority: 0,
  labels: [],
  pools: [],
  timeoutSeconds: 0,
  memoryMb: 2_048,
  attempts: 3,
  disableAfter: 0,
};
const PROGRAM = {
  file: fileURLToPath(new URL("../../packages/millrace/src/run-process/main.ts", import.meta.url)),
  nodeOptions: ["--conditions=@millrace/source"],
};

/** The queue, the schedule, and how long it takes from a run's time to its first line of code. */
export async function measure(): Promise<Measured[]> {
  const server = await EmbeddedPostgres.ensure({ directory: `${DATA}postgres` });
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  await mkdir(join(folder, "pipelines"));
  await writeFile(join(folder, "pipelines", "first.ts"), PIPELINE);
  const control = await openControl(server.controlUrl, { fallbackDirectory: folder });
  try {
    await clear(control);
    return [
      ...(await queueSpeed(control)),
      ...(await startSpeed(control, folder, server.url())),
      ...(await scheduleSpeed(control)),
    ];
  } finally {
    await clear(control);
    await control.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its one row is the time at which its code began: the first line of its file. */
const PIPELINE = `import { pipeline, postgres } from "millrace";
const began = Date.now();
export default pipeline("first", {
  source: async function* () { yield { at: began }; },
  destination: postgres().table("bench_first", { mode: "append" }),
});
`;

async function clear({ pool }: ControlStore): Promise<void> {
  await pool.query(
    "TRUNCATE millrace_control.runs, millrace_control.pipelines, millrace_control.leases, millrace_control.events",
  );
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

const END_CLAIMED = `
  WITH over AS (DELETE FROM millrace_control.leases)
  UPDATE millrace_control.runs SET status = 'succeeded', finished_at = clock_timestamp() WHERE status = 'running'`;

/** Enqueueing and claiming, without a process behind. */
async function queueSpeed(control: ControlStore): Promise<Measured[]> {
  const { pool } = control;
  const runs = Array.from({ length: QUEUED }, (_, i) => ({
    pipeline: `queued-${i}`,
    trigger: "manual" as const,
    limits: LIMITS,
  }));
  const batched = await seconds(async () => {
    for (let i = 0; i < runs.length; i += 1_000) await enqueue(pool, runs.slice(i, i + 1_000));
  });
  await pool.query(
    `INSERT INTO millrace_control.workers (id, host, pid, version, queues, labels, slots, lock_key, expires_at)
     VALUES ('00000000-0000-7000-8000-000000000001', 'bench', 0, '', '{default}', '{}', 1, 1, clock_timestamp() + interval '1 hour')`,
  );
  const claim =
    "SELECT count(*)::int AS n FROM millrace_control.claim_runs('00000000-0000-7000-8000-000000000001', $1)";
  const claims = async (wanted: number, statements: number): Promise<number> => {
    let count = 0;
    let time = 0;
    for (let i = 0; i < statements; i++) {
      time += await seconds(async () => {
        count += (await pool.query<{ n: number }>(claim, [wanted])).rows[0]?.n ?? 0;
      });
      // As their ends would, so that no more go on than a worker has slots.
      if ((i + 1) % 8 === 0) await pool.query(END_CLAIMED);
    }
    await pool.query(END_CLAIMED);
    return count / time;
  };
  const single = await claims(1, 400);
  const together = await claims(200, 40);
  await pool.query("DELETE FROM millrace_control.workers");
  await clear(control);
  const perSecond = (count: number, time: number): number => round(count / time, 0);
  const peers = {
    "sketch of the design, batched": 42_000,
    "graphile-worker 0.18, figure of the design": 2_857,
  };
  return [
    {
      name: "queue: enqueue",
      work: `${QUEUED} runs in batches of 1,000, runs/s`,
      ours: perSecond(QUEUED, batched),
      ratio: round(QUEUED / batched / 127_000),
      goal: null,
      peers: { "sketch of the design": 127_000 },
      peakMemoryMb: null,
    },
    {
      name: "queue: claim one by one",
      work: "claims/s, one per statement",
      ours: round(single, 0),
      ratio: round(single / 5_592),
      goal: null,
      peers: { "sketch of the design": 5_592 },
      peakMemoryMb: null,
    },
    {
      name: "queue: claim batched",
      work: "claims/s, 200 per statement",
      ours: round(together, 0),
      ratio: round(together / 42_000),
      peers,
      goal: null,
      peakMemoryMb: null,
    },
  ];
}

/** From the time at which a run may start to its first line, and runs per second through the whole system. */
async function startSpeed(control: ControlStore, root: string, databaseUrl: string): Promise<Measured[]> {
  const { pool } = control;
  const worker = new Worker({
    control,
    program: PROGRAM,
    root,
    databaseUrl: () => Promise.resolve(databaseUrl),
    slots: 2,
    warm: 2,
    projectStamp: () => projectStamp(root),
  });
  await registerPipelines(pool, {
    pipelines: [
      {
        name: "first",
        tags: [],
        file: "pipelines/first.ts",
        parents: [],
        parentRule: "succeeded",
        limits: LIMITS,
        params: {},
        enabled: true,
      },
    ],
  });
  await worker.start();
  const done = async (count: number): Promise<void> => {
    for (;;) {
      const { rows } = await pool.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM millrace_control.runs WHERE status = 'succeeded'",
      );
      if ((rows[0]?.n ?? 0) >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const latencies: number[] = [];
  for (let i = 0; i < Math.min(RUNS, 100); i++) {
    // The next process has to be ready, as it is between runs that are not back to back.
    await new Promise((resolve) => setTimeout(resolve, 400));
    const [id = ""] = await enqueue(pool, [
      { pipeline: "first", trigger: "manual", limits: LIMITS, startMs: Date.now() + 50 },
    ]);
    await done(i + 1);
    const { rows } = await pool.query<{ ms: number; checkpoint: unknown }>(
      "SELECT extract(epoch FROM available_at)::float8 * 1000 AS ms FROM millrace_control.runs WHERE id = $1",
      [id],
    );
    latencies.push((await lastStart(databaseUrl)) - (rows[0]?.ms ?? 0));
  }
  await clear(control);
  await registerPipelines(pool, { pipelines: [] });
  const through = await seconds(async () => {
    await enqueue(
      pool,
      Array.from({ length: RUNS }, (_, i) => ({
        pipeline: "first",
        partition: `p${i}`,
        trigger: "manual" as const,
        limits: LIMITS,
      })),
    );
    await done(RUNS);
  });
  await worker.close();
  await clear(control);
  return [
    lateness(
      "start: due → first line, p50",
      "milliseconds with a warm process",
      percentile(latencies, 0.5),
      "<= 15",
      15,
    ),
    lateness(
      "start: due → first line, p99",
      "milliseconds with a warm process",
      percentile(latencies, 0.99),
      "<= 50",
      50,
    ),
    {
      name: "runs through the system",
      work: `${RUNS} runs of one row, two at a time, runs/s`,
      ours: round(RUNS / through, 1),
      ratio: 1,
      goal: null,
      peers: {},
      peakMemoryMb: null,
    },
  ];
}

async function lastStart(url: string): Promise<number> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ at: number }>("SELECT max(at)::float8 AS at FROM bench_first");
  await client.end();
  return rows[0]?.at ?? 0;
}

/** 500 pipelines every five seconds: how late their runs can be claimed; and what a scheduler and a worker cost with none due. */
async function scheduleSpeed(control: ControlStore): Promise<Measured[]> {
  const { pool } = control;
  const describe = (seconds: number) =>
    Array.from({ length: PIPELINES }, (_, i) => ({
      name: `scheduled-${i}`,
      tags: [],
      file: "",
      parents: [],
      parentRule: "succeeded" as const,
      limits: LIMITS,
      params: {},
      enabled: true,
      schedule: every(`${seconds} seconds`, { catchUp: "all" }),
    }));
  const scheduler = new Scheduler({ control });
  await registerPipelines(pool, { pipelines: describe(5) });
  scheduler.start();
  await new Promise((resolve) => setTimeout(resolve, SCHEDULED_SECONDS * 1_000));
  const { rows } = await pool.query<{ late: number }>(
    "SELECT extract(epoch FROM queued_at - due_at)::float8 * 1000 AS late FROM millrace_control.runs WHERE due_at IS NOT NULL",
  );
  const late = rows.map((row) => row.late);
  await registerPipelines(pool, { pipelines: describe(3_600) });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = process.cpuUsage();
  const idle = await seconds(() => new Promise((resolve) => setTimeout(resolve, 10_000)));
  const { user, system } = process.cpuUsage(before);
  await scheduler.close();
  return [
    lateness(
      "schedule: due → claimable, p99",
      `milliseconds, ${PIPELINES} pipelines every 5 s, ${late.length} fires`,
      percentile(late, 0.99),
      "<= 100",
      100,
    ),
    lateness(
      "scheduler idle",
      "% of one core with none due",
      round((user + system) / 10_000 / idle, 2),
      "<= 3",
      3,
    ),
  ];
}

/** A limit as a ratio, so that it reads as the others do: at least 1 is good. */
function lateness(name: string, work: string, value: number, _goal: string, limit: number): Measured {
  return {
    name,
    work,
    ours: round(value, 2),
    ratio: round(limit / Math.max(value, 0.001)),
    goal: ">= 1",
    peers: { limit },
    peakMemoryMb: null,
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
