import { readFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunRecord } from "@millrace/platform";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CommandKind, giveCommand } from "../src/command/give-command.ts";
import { enqueue } from "../src/queue/enqueue.ts";
import { describeInProcess } from "../src/worker/describe-in-process.ts";
import { Worker, type WorkerOptions } from "../src/worker/worker.ts";
import { type Bed, limits, openBed } from "./bed.ts";

const PROGRAM = {
  file: fileURLToPath(new URL("./children/run-program.ts", import.meta.url)),
  nodeOptions: ["--conditions=@millrace/source"],
};

let bed: Bed;
const workers = new Set<Worker>();
const errors: unknown[] = [];
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.close(true)));
  workers.clear();
  await bed.clear();
  errors.length = 0;
});
afterAll(() => bed.close());

async function startWorker(given: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = new Worker({
    control: bed.control,
    program: PROGRAM,
    root: tmpdir(),
    databaseUrl: () => Promise.resolve(bed.control.url),
    warm: 1,
    graceMs: 500,
    onError: (error) => errors.push(error),
    ...given,
  });
  workers.add(worker);
  await worker.start();
  return worker;
}

async function queue(
  pipeline: string,
  given: Parameters<typeof limits>[0] = {},
  params = {},
): Promise<string> {
  const [id = ""] = await enqueue(bed.control.pool, [
    { pipeline, trigger: "manual", limits: limits({ attempts: 1, ...given }), request: { params } },
  ]);
  return id;
}

async function until(id: string, wanted: (record: RunRecord) => boolean): Promise<RunRecord> {
  for (;;) {
    const record = await bed.run(id);
    if (wanted(record)) return record;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const over = (id: string): Promise<RunRecord> =>
  until(id, ({ status }) => status !== "queued" && status !== "running");
const going = (id: string): Promise<RunRecord> => until(id, ({ attempt }) => attempt !== null);
const tell = (kind: CommandKind, target: string): Promise<unknown> =>
  giveCommand(bed.control.pool, { kind, target, by: "ana" });

/** A process that has ended but that its new parent has not asked for yet is not alive. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

describe("a worker", () => {
  it("carries out what is queued, before it started and after, and keeps what the process wrote", async () => {
    const before = await queue("says");
    await startWorker();
    const record = await over(before);
    expect(record).toMatchObject({
      status: "succeeded",
      attempt: "1",
      process: { exitCode: 0, signal: null },
    });
    expect(record.log.map(({ message }) => message)).toEqual(["first line", "second line"]);
    expect(record.process?.peakMemoryBytes).toBeGreaterThan(1_000_000);
    expect((await over(await queue("other"))).status).toBe("succeeded");
  });

  it("keeps the last words of a process that ends in the middle, and how it ended", async () => {
    await startWorker();
    const record = await over(await queue("exits"));
    expect(record).toMatchObject({
      status: "died",
      process: { exitCode: 3 },
      error: { code: "MLR_RUN_DIED" },
    });
    expect(record.log.at(-1)?.message).toBe("the last words");
  });

  it("records an error that nobody caught, with its stack", async () => {
    await startWorker();
    const record = await over(await queue("throws"));
    expect(record).toMatchObject({
      status: "died",
      process: { exitCode: 1, exceptions: 1, lastException: { message: "nobody catches this" } },
    });
    expect(JSON.stringify(record.process?.lastException)).toContain("run-program.ts");
  });

  it("tries a run again whose process died, as often as it may", async () => {
    await startWorker();
    expect(await over(await queue("exits", { attempts: 2 }))).toMatchObject({
      status: "died",
      process: { tries: 2 },
    });
  });

  it("ends a run that fills its heap, and others go on", async () => {
    await startWorker();
    const [greedy, other] = [await queue("grows", { memoryMb: 64 }), await queue("other")];
    expect((await over(other)).status).toBe("succeeded");
    const record = await over(greedy);
    expect(record.status).toBe("died");
    expect(record.log.map(({ message }) => message).join("\n")).toMatch(/heap out of memory/i);
  });

  it.runIf(process.platform === "linux")("ends a run that takes its memory beside the heap", async () => {
    await startWorker();
    const record = await over(await queue("buffers", { memoryMb: 64 }));
    expect(record).toMatchObject({ status: "died", process: { signal: "SIGKILL" } });
    expect(record.error?.message).toMatch(/more than limits.memoryMb \(64\) allows/);
  });

  it("ends a run that takes too long, also one that never yields", async () => {
    await startWorker();
    const record = await over(await queue("busy", { timeoutSeconds: 1, attempts: 3 }));
    expect(record).toMatchObject({
      status: "failed",
      error: { code: "MLR_RUN_TIMEOUT" },
      process: { tries: 1 },
    });
  });

  it("stops a run at its next checkpoint, and cancels one by force that does not listen", async () => {
    await bed.register({ waits: {}, deaf: {} });
    await startWorker();
    const [willing, deaf] = [await queue("waits"), await queue("deaf", { attempts: 3 })];
    await Promise.all([going(willing), going(deaf)]);
    await tell("stop", "waits");
    await tell("cancel", deaf);
    expect((await over(willing)).status).toBe("stopped");
    const record = await over(deaf);
    expect(record).toMatchObject({ status: "cancelled", process: { signal: "SIGKILL", tries: 1 } });
    expect(alive(record.pid ?? 0)).toBe(false);
    const { rows } = await bed.control.pool.query(
      "SELECT kind, status, result, requested_by FROM millrace_control.commands ORDER BY kind",
    );
    await expect
      .poll(async () => (await bed.control.pool.query("SELECT status FROM millrace_control.commands")).rows)
      .toEqual([{ status: "done" }, { status: "done" }]);
    expect(rows).toMatchObject([
      { kind: "cancel", requested_by: "ana" },
      { kind: "stop", requested_by: "ana" },
    ]);
  });

  it.skipIf(process.platform === "win32")("ends what a run's process started, when that ends", async () => {
    await bed.register({ child: {} });
    await startWorker();
    const file = join(tmpdir(), `millrace-child-${process.pid}`);
    const id = await queue("child", {}, { file });
    await expect.poll(() => readFile(file, "utf8").catch(() => "")).not.toBe("");
    const grandchild = Number(await readFile(file, "utf8"));
    expect(alive(grandchild)).toBe(true);
    await tell("cancel", id);
    await over(id);
    await expect.poll(() => alive(grandchild)).toBe(false);
    await rm(file);
  });

  it("that is closed waits for what goes on; closed at once it lets it go on elsewhere", async () => {
    const first = await startWorker();
    const id = await queue("waits");
    await going(id);
    await first.close(true);
    workers.delete(first);
    expect(await bed.run(id)).toMatchObject({ status: "queued", process: { tries: 0 } });
    await bed.control.pool.query("UPDATE millrace_control.runs SET available_at = clock_timestamp()");
    const second = await startWorker();
    await until(id, ({ status }) => status === "running");
    const closing = second.close();
    workers.delete(second);
    await bed.register({ waits: {} });
    await tell("stop", "waits");
    await closing;
    expect((await bed.run(id)).status).toBe("stopped");
  });

  it("that is closed while a claim is on its way carries out what that brings", async () => {
    const id = await queue("p", {}, {});
    const { pool } = bed.control;
    const { query } = pool;
    const worker = new Worker({
      control: bed.control,
      program: PROGRAM,
      root: tmpdir(),
      databaseUrl: () => Promise.resolve(bed.control.url),
      warm: 1,
      onError: (error) => errors.push(error),
    });
    workers.add(worker);
    let closing: Promise<void> | undefined;
    // The answer to the claim comes when the worker has begun to drain.
    pool.query = (async (...given: unknown[]) => {
      const answer = await Reflect.apply(query, pool, given);
      const [statement] = given as [string | { readonly text?: string }];
      const text = typeof statement === "string" ? statement : (statement.text ?? "");
      if (text.includes("claim_runs") && (answer as { rows: unknown[] }).rows.length > 0) {
        pool.query = query;
        closing = worker.close();
        const draining = async (): Promise<unknown> =>
          (await bed.control.pool.query("SELECT FROM millrace_control.workers WHERE draining")).rowCount;
        await expect.poll(draining).toBe(1);
      }
      return answer;
    }) as typeof pool.query;
    await worker.start();
    await expect.poll(() => closing !== undefined, { timeout: 20_000 }).toBe(true);
    await closing;
    expect((await bed.run(id)).status).toBe("succeeded");
    expect(errors).toEqual([]);
  });

  it("ends its runs when its session is lost, and they go on under a new one", async () => {
    const worker = await startWorker();
    const id = await queue("waits", { attempts: 2 });
    const { pid } = await going(id);
    const before = worker.id;
    await bed.control.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'millrace lease'",
    );
    await until(id, ({ process }) => process?.tries === 2);
    expect(alive(pid ?? 0)).toBe(false);
    expect(worker.id).not.toBe(before);
  });

  it("tells what becomes of its runs, and gives their processes the span that they belong to", async () => {
    const told: string[] = [];
    const asked: string[] = [];
    const worker = await startWorker({
      observe: (notice) =>
        told.push(
          notice.type === "claimed"
            ? `claimed ${notice.claim.id}`
            : notice.type === "ended"
              ? `ended ${notice.outcome}`
              : notice.type,
        ),
      traceparent: ({ id }) => {
        asked.push(id);
        return `00-${id.replaceAll("-", "")}-00f067aa0ba902b7-01`;
      },
    });
    const id = await queue("exits", { attempts: 1 });
    await over(id);
    await expect.poll(() => told.at(-1)).toBe("ended died");
    expect(told[0]).toBe(`claimed ${id}`);
    expect(asked).toEqual([id]);
    expect(worker).toMatchObject({ slots: 4, alive: true, draining: false });
    await expect.poll(() => worker.warm).toBe(1);
  });

  it("records what a run's functions came to and what it touched, by the time that its end is recorded", async () => {
    await startWorker();
    const id = await queue("tells");
    await over(id);
    const { facts } = bed.control;
    expect(await facts.functionsOf(id)).toEqual([
      { name: "parse", calls: 2, errors: 0, totalMs: 4, meanMs: 2, p95Ms: 3, maxMs: 3 },
    ]);
    expect(await facts.objectsOf(id)).toEqual([
      { database: "crm", kind: "table", name: "orders", use: "read" },
    ]);
  });

  it("describes a project in a process of its own, and says why where that ends before", async () => {
    await expect(describeInProcess({ ...PROGRAM, file: "/nowhere.js" }, tmpdir())).rejects.toMatchObject({
      code: "MLR_PROJECT_INVALID",
    });
  });
});
