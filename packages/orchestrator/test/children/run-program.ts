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
      console.log("first line");
      console.error("second line");
      return "succeeded";
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
      process.on("SIGTERM", () => console.log("heard, and goes on"));
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
  const status = await work(task.pipeline, task.request.params ?? {});
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
