import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { defineTask, type EnqueueOptions, newJob } from "@millrace/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { giveCommand } from "../src/command/give-command.ts";
import { describeTask } from "../src/registry/describe-task.ts";
import { registerPipelines } from "../src/registry/register.ts";
import { connectTasks, enqueueTask } from "../src/task/connect-tasks.ts";
import { enqueueJob } from "../src/task/enqueue-job.ts";
import { getJob, type JobRecord, listJobs } from "../src/task/job-records.ts";
import { requeueJob } from "../src/task/requeue-job.ts";
import { claimRuns } from "../src/queue/claim.ts";
import { Worker, type WorkerOptions } from "../src/worker/worker.ts";
import { type Bed, openBed } from "./bed.ts";

const PROGRAM = {
  file: fileURLToPath(new URL("./children/run-program.ts", import.meta.url)),
  nodeOptions: ["--conditions=@millrace/source"],
};

/** Tried again at once, so that nobody waits. */
const quick = defineTask("quick", { run: () => null, retries: 2, backoff: { delayMs: 0 } });

let bed: Bed;
const workers = new Set<Worker>();
beforeAll(async () => {
  bed = await openBed();
});
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.close(true)));
  workers.clear();
  await bed.clear();
});
afterAll(() => bed.close());

async function startWorker(given: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = new Worker({
    control: bed.control,
    program: PROGRAM,
    root: tmpdir(),
    databaseUrl: () => Promise.resolve(bed.control.url),
    warm: 1,
    graceMs: 300,
    ...given,
  });
  workers.add(worker);
  await worker.start();
  return worker;
}

async function queue(payload: unknown, options: EnqueueOptions = {}, task = quick): Promise<string> {
  return (await enqueueJob(bed.control.pool, await newJob(task, payload, options))).id;
}

async function until(id: string, wanted: (job: JobRecord) => boolean): Promise<JobRecord> {
  for (;;) {
    const job = await getJob(bed.control.pool, id);
    if (wanted(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
const over = (id: string): Promise<JobRecord> =>
  until(id, ({ status }) => status !== "queued" && status !== "running");

async function payloadOf(id: string): Promise<string | null> {
  const { rows } = await bed.control.pool.query<{ text: string | null }>(
    "SELECT payload::text AS text FROM millrace_control.runs WHERE id = $1",
    [id],
  );
  return rows[0]?.text ?? null;
}

describe("a job", () => {
  it("is done by a worker, with what it returned and how far it came, and what it was given is kept no longer", async () => {
    const id = await queue({ some: "thing" });
    expect(await payloadOf(id)).toBe('{"some":"thing"}');
    await startWorker();
    expect(await over(id)).toMatchObject({
      task: "quick",
      status: "succeeded",
      attempts: 1,
      result: { attempt: 1 },
      progress: { done: 1, total: 2, note: "half" },
    });
    expect(await payloadOf(id)).toBeNull();
  });

  it("comes out of the queue as the JSON that went in, also where the database has no words for it", async () => {
    const payload = { nul: "\u0000", lone: "\ud800", big: 1e300 };
    const id = await queue(payload);
    const session = await bed.session();
    const [claim] = await claimRuns(bed.control.pool, session.id, 1);
    expect(claim?.id).toBe(id);
    expect(claim?.payload).toBe(JSON.stringify(payload));
  });

  it("is tried again after errors and deaths until its attempts are used up, and is dead then", async () => {
    const fails = await queue({ failures: 2 });
    const never = await queue({ failures: 9 });
    const dies = await queue({ does: "dies" });
    const hopeless = await queue({ does: "hopeless", failures: 9 });
    await startWorker();
    expect(await over(fails)).toMatchObject({ status: "succeeded", attempts: 3, result: { attempt: 3 } });
    expect(await over(never)).toMatchObject({
      status: "failed",
      attempts: 3,
      error: { code: "MLR_TASK_FAILED" },
    });
    expect(await over(dies)).toMatchObject({ status: "died", attempts: 3, error: { code: "MLR_RUN_DIED" } });
    expect(await over(hopeless)).toMatchObject({ status: "failed", attempts: 1 });
    const dead = await listJobs(bed.control.pool, { dead: true });
    expect(dead.map(({ id }) => id).toSorted()).toEqual([never, dies, hopeless].toSorted());
    const { rows } = await bed.control.pool.query(
      "SELECT count(*)::int AS retries FROM millrace_control.events WHERE type = 'run.retrying' AND run = $1",
      [fails],
    );
    expect(rows).toEqual([{ retries: 2 }]);
  });

  it("is queued again from the dead by its id, with what it was given and all its attempts", async () => {
    await startWorker();
    const id = await queue({ failures: 1 }, { retries: 0 });
    await over(id);
    await requeueJob(bed.control.pool, { id, by: "ana" });
    // What it does is told by the attempt, which is the first once more.
    expect(await until(id, ({ status, attempts }) => status === "failed" && attempts === 1)).toBeTruthy();
    const { rows } = await bed.control.pool.query(
      "SELECT kind, requested_by FROM millrace_control.commands WHERE run = $1",
      [id],
    );
    expect(rows).toEqual([{ kind: "restart", requested_by: "ana" }]);
    const done = await queue({});
    await over(done);
    await expect(requeueJob(bed.control.pool, { id: done, by: "ana" })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
    await expect(
      requeueJob(bed.control.pool, { id: "00000000-0000-7000-8000-000000000000", by: "ana" }),
    ).rejects.toMatchObject({ code: "MLR_RUN_NOT_FOUND" });
  });

  it("is one for its key, whoever queues it, at the same time or later", async () => {
    const job = await newJob(quick, {}, { uniqueKey: "a" });
    const made = await Promise.all(Array.from({ length: 8 }, () => enqueueJob(bed.control.pool, job)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    await startWorker();
    await over(made[0]?.id ?? "");
    expect(await enqueueJob(bed.control.pool, job)).toEqual({ id: made[0]?.id, created: false });
    const other = defineTask("other", { run: () => null });
    expect((await enqueueJob(bed.control.pool, await newJob(other, {}, { uniqueKey: "a" }))).created).toBe(
      true,
    );
    expect(await listJobs(bed.control.pool)).toHaveLength(2);
  });

  it("that is queued twice under one id, because the first answer was lost, is one", async () => {
    const id = "0198c2a4-5b1e-7000-8f3a-1f0c2b9d4e5f";
    const job = await newJob(quick, {});
    expect(await enqueueJob(bed.control.pool, job, { id })).toEqual({ id, created: true });
    expect(await enqueueJob(bed.control.pool, job, { id })).toEqual({ id, created: true });
    expect(await listJobs(bed.control.pool)).toHaveLength(1);
  });

  it("is not started before its delay is over, and those of a higher priority are first", async () => {
    const later = await queue({}, { delay: "1h" });
    const low = await queue({}, { priority: -1 });
    const high = await queue({}, { priority: 5 });
    const session = await bed.session();
    const claims = await claimRuns(bed.control.pool, session.id, 10);
    expect(claims.map(({ id }) => id)).toEqual([high, low]);
    expect((await getJob(bed.control.pool, later)).status).toBe("queued");
  });

  it("goes on beside others of its task, but for no more than its concurrency", async () => {
    const narrow = defineTask("narrow", { run: () => null, concurrency: 2 });
    await registerPipelines(bed.control.pool, {
      pipelines: [],
      tasks: [describeTask(narrow, { file: "tasks/narrow.ts", codeVersion: undefined })],
    });
    for (let i = 0; i < 4; i++) {
      await queue({}, {}, narrow);
      await queue({});
    }
    const session = await bed.session();
    const claims = await claimRuns(bed.control.pool, session.id, 4);
    const more = await claimRuns(bed.control.pool, session.id, 4);
    const names = [...claims, ...more].map(({ pipeline }) => pipeline).toSorted();
    expect(names.filter((name) => name === "task:narrow")).toHaveLength(2);
    expect(names.filter((name) => name === "task:quick").length).toBeGreaterThanOrEqual(3);
    expect(claims.find(({ pipeline }) => pipeline === "task:narrow")?.file).toBe("tasks/narrow.ts");
  });

  it("is cancelled while it waits, while it listens, and by force where it does not", async () => {
    const waiting = await queue({}, { delay: "1h" });
    await giveCommand(bed.control.pool, { kind: "cancel", target: waiting, by: "ana" });
    expect((await getJob(bed.control.pool, waiting)).status).toBe("cancelled");
    await startWorker();
    const listens = await queue({ does: "waits" });
    const deaf = await queue({ does: "deaf" });
    for (const id of [listens, deaf]) {
      await until(id, ({ progress }) => progress !== null);
      await giveCommand(bed.control.pool, { kind: "cancel", target: id, by: "ana" });
      expect(await over(id)).toMatchObject({ status: "cancelled", attempts: 1 });
    }
  });

  it("that takes longer than its time is ended and tried again, and fails with its last attempt", async () => {
    const slow = defineTask("slow", {
      run: () => null,
      timeoutSeconds: 1,
      retries: 1,
      backoff: { delayMs: 0 },
    });
    const id = await queue({ does: "deaf" }, {}, slow);
    await startWorker();
    expect(await over(id)).toMatchObject({
      status: "failed",
      attempts: 2,
      error: { code: "MLR_RUN_TIMEOUT" },
    });
  });

  it("of a worker that is closed goes on elsewhere, without losing an attempt", async () => {
    const first = await startWorker();
    const id = await queue({ does: "waits" }, { retries: 0 });
    await until(id, ({ progress }) => progress !== null);
    await first.close(true);
    expect(await getJob(bed.control.pool, id)).toMatchObject({ status: "queued", attempts: 0 });
  });

  it("may queue others, which the worker does for it", async () => {
    const inner = await newJob(quick, { failures: 0 }, { uniqueKey: "inner" });
    const id = await queue({ enqueue: inner });
    await startWorker();
    await over(id);
    const jobs = await listJobs(bed.control.pool);
    const other = jobs.find((job) => job.uniqueKey === "inner");
    expect(other?.id.slice(0, 8)).toBe("00000000");
    expect(await over(other?.id ?? "")).toMatchObject({ status: "succeeded" });
  });
});

describe("queueing by hand", () => {
  it("takes the limits of the registered task, and knows no other", async () => {
    const task = defineTask("ocr", { run: () => null, queue: "heavy", priority: 7, retries: 1 });
    await registerPipelines(bed.control.pool, {
      pipelines: [],
      tasks: [describeTask(task, { file: "tasks/ocr.ts", codeVersion: "1" })],
    });
    const { id } = await enqueueTask(bed.control.pool, "ocr", { payload: { page: 1 }, requestedBy: "ana" });
    expect(await getJob(bed.control.pool, id)).toMatchObject({
      ...{ task: "ocr", queue: "heavy", priority: 7, maxAttempts: 2, requestedBy: "ana" },
      payloadFields: ["page"],
    });
    await expect(enqueueTask(bed.control.pool, "ocrr", { payload: {} })).rejects.toMatchObject({
      code: "MLR_TASK_NOT_FOUND",
      hint: 'Did you mean "ocr"?',
    });
    await registerPipelines(bed.control.pool, { pipelines: [] });
    await expect(enqueueTask(bed.control.pool, "ocr", { payload: {} })).rejects.toMatchObject({
      code: "MLR_TASK_NOT_FOUND",
    });
  });

  it("works in any program that is connected, and only while it is", async () => {
    await expect(quick.enqueue({})).rejects.toMatchObject({ code: "MLR_TASK_QUEUE_MISSING" });
    const tasks = connectTasks(bed.control.url);
    const { id, created } = await quick.enqueue({ a: 1 }, { uniqueKey: "k" });
    expect(created).toBe(true);
    expect((await getJob(bed.control.pool, id)).uniqueKey).toBe("k");
    await tasks.close();
    await expect(quick.enqueue({})).rejects.toMatchObject({ code: "MLR_TASK_QUEUE_MISSING" });
  });
});
