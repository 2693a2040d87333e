// A program that speaks the protocol of a run's process; what it does is told by the pipeline's name.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import type { FromProcess, ToProcess } from "../../src/worker/protocol.ts";

const send = (message: FromProcess): void => void process.send?.(message);
const stop = Promise.withResolvers<void>();
let answered: ((attempt: bigint) => void) | undefined;

async function work(
  name: string,
  params: Readonly<Record<string, string>>,
): Promise<"succeeded" | "failed" | "stopped"> {
  switch (name) {
    case "says":
      process.stdout.write("first line\n");
      process.stderr.write("second line\n");
      return "succeeded";
    case "tells": {
      const counts = { name: "parse", errors: 0, totalMs: 4, meanMs: 2, p95Ms: 3, maxMs: 3 };
      const orders = { database: "crm", kind: "table", name: "orders", use: "read" } as const;
      send({ type: "event", event: { type: "functions", calls: [{ ...counts, calls: 1 }] } });
      send({ type: "event", event: { type: "objects", objects: [orders] } });
      send({ type: "event", event: { type: "functions", calls: [{ ...counts, calls: 2 }] } });
      return "succeeded";
    }
    case "exits":
      process.stdout.write("the last words");
      process.exit(3);
      break;
    case "throws":
      throw new Error("nobody catches this");
    case "busy":
      for (;;) Math.random();
    case "grows": {
      const kept: number[][] = [];
      for (;;) kept.push(Array.from({ length: 100_000 }, () => Math.random()));
    }
    case "buffers": {
      const kept: Buffer[] = [];
      for (;;) {
        kept.push(Buffer.alloc(16 * 1024 * 1024, 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    case "waits":
      await stop.promise;
      return "stopped";
    case "deaf":
      process.on("SIGTERM", () => process.stdout.write("heard, and goes on\n"));
      await new Promise<void>(() => setInterval(() => undefined, 1_000));
      break;
    case "child": {
      const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], {
        stdio: "ignore",
      });
      writeFileSync(params["file"] ?? "", String(child.pid));
      await new Promise<void>(() => setInterval(() => undefined, 1_000));
      break;
    }
    default:
      return "succeeded";
  }
  return "failed";
}

process.on("uncaughtException", (error) => {
  send({
    type: "exception",
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  });
  setImmediate(() => process.exit(1));
});
process.on("disconnect", () => process.exit(9));
process.on("message", (message: ToProcess) => {
  if (message.type === "stop") stop.resolve();
  if (message.type === "attempt") answered?.(message.attempt);
  if (message.type === "run") void run(message.task);
});
send({ type: "ready" });

async function run(task: Extract<ToProcess, { type: "run" }>["task"]): Promise<void> {
  if (task.job !== undefined) return job(task, task.job);
  const attempt = await new Promise<bigint>((resolve) => {
    answered = resolve;
    send({ type: "attempt", number: 1, above: 0n });
  });
  send({
    type: "event",
    event: {
      type: "started",
      run: task.run,
      pipeline: task.pipeline,
      attempt,
      resumed: false,
      at: Date.now(),
    },
  });
  const status = await work(task.pipeline, (task.request.params ?? {}) as Readonly<Record<string, string>>);
  process.send?.(
    {
      type: "report",
      usage: { peakMemoryBytes: process.resourceUsage().maxRSS * 1024, cpuMs: 1 },
      report: {
        run: task.run,
        pipeline: task.pipeline,
        status,
        startedAt: new Date().toISOString(),
        durationMs: 1,
        attempt: attempt.toString(),
        resumed: false,
        tables: {},
        checkpoint: {},
        withheld: {},
      },
    } satisfies FromProcess,
    () => process.exit(0),
  );
}

/** What a job does is told by its payload. */
async function job(
  task: Extract<ToProcess, { type: "run" }>["task"],
  { payload, attempt }: NonNullable<typeof task.job>,
): Promise<void> {
  const asked = JSON.parse(payload) as {
    does?: string;
    failures?: number;
    enqueue?: Extract<FromProcess, { type: "enqueue" }>["job"];
  };
  send({ type: "task-progress", progress: { done: 1, total: 2, note: "half" } });
  if (asked.enqueue !== undefined) {
    const { enqueue } = asked;
    const answer = new Promise<void>((resolve) => {
      process.on("message", (message: ToProcess) => message.type === "enqueued" && resolve());
    });
    send({ type: "enqueue", number: 1, id: task.run.replace(/^.{8}/, "00000000"), job: enqueue });
    await answer;
  }
  if (asked.does === "dies") process.exit(3);
  if (asked.does === "waits") await stop.promise;
  if (asked.does === "deaf") await new Promise<void>(() => setInterval(() => undefined, 1_000));
  const failed = attempt <= (asked.failures ?? 0);
  const status = failed ? "failed" : asked.does === "waits" ? "stopped" : "succeeded";
  const retry = asked.does === "hopeless" ? "never" : "later";
  process.send?.(
    {
      type: "report",
      usage: { peakMemoryBytes: 1, cpuMs: 1 },
      ...(status === "succeeded" ? { result: JSON.stringify({ attempt }) } : {}),
      report: {
        ...{ run: task.run, pipeline: task.pipeline, status, attempt: String(attempt), resumed: false },
        ...{ startedAt: new Date().toISOString(), durationMs: 1, tables: {}, checkpoint: {}, withheld: {} },
        ...(failed ? { error: { code: "MLR_TASK_FAILED", message: "it failed", details: {}, retry } } : {}),
      },
    } satisfies FromProcess,
    () => process.exit(0),
  );
}
