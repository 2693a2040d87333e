import { enableCompileCache } from "node:module";

// Before anything else is loaded, so that all of it is kept compiled for the next process.
enableCompileCache();

const { watchParent } = await import("./watch-parent.ts");
watchParent();

const { maskOutput } = await import("../output/mask-output.ts");
maskOutput([process.stdout, process.stderr]);
const { parentChannel } = await import("./parent-channel.ts");
const { carryOut } = await import("./carry-out.ts");
const { prepareProject } = await import("./prepared-project.ts");
const { lendTaskQueue } = await import("@millrace/core");
const { newRunId } = await import("@millrace/platform");
// What nearly every pipeline imports: a process that waits has it loaded.
await import("../index.ts");

const channel = parentChannel();
const stop = new AbortController();
lendTaskQueue({ enqueue: (job) => channel.enqueue(newRunId(), job) });

const report = (error: unknown): void =>
  channel.send({
    type: "exception",
    message: error instanceof Error ? error.message : String(error),
    ...(error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {}),
  });
process.on("uncaughtException", (error) => {
  report(error);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  // What was committed stands, and nothing else is safe to go on with.
  process.exitCode = 1;
  setImmediate(() => process.exit(1));
});
process.on("SIGTERM", () => stop.abort());
// The worker decides: a key that was pressed in its terminal reaches the whole group.
process.on("SIGINT", () => undefined);

channel.listen((message) => {
  if (message.type === "stop") stop.abort();
  else if (message.type === "run") void run(message.task);
  else if (message.type === "describe") void describe(message.root);
  else if (message.type === "prepare") void prepare(message.root);
});
channel.send({ type: "ready" });

async function run(task: Parameters<typeof carryOut>[0]): Promise<void> {
  const { report: outcome, result } = await outcomeOf(task);
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  await channel.sendLast({
    type: "report",
    report: outcome,
    ...(result === undefined ? {} : { result }),
    usage: {
      // https://nodejs.org/api/process.html#processresourceusage: kilobytes, and microseconds.
      peakMemoryBytes: maxRSS * 1024,
      cpuMs: Math.round((userCPUTime + systemCPUTime) / 1000),
    },
  });
  // Timers and connections that the run's code left behind would keep the process.
  process.exit(0);
}

async function outcomeOf(
  task: Parameters<typeof carryOut>[0],
): Promise<{ report: Awaited<ReturnType<typeof carryOut>>; result?: string }> {
  if (task.job === undefined) return { report: await carryOut(task, channel, stop.signal) };
  const { carryOutJob } = await import("./carry-out-job.ts");
  return carryOutJob(task, channel, stop.signal);
}

async function prepare(root: string): Promise<void> {
  await prepareProject(root);
  channel.send({ type: "prepared" });
}

async function describe(root: string): Promise<void> {
  const { describeProject } = await import("./describe-project.ts");
  await channel.sendLast({ type: "described", project: await describeProject(root) });
  process.exit(0);
}
