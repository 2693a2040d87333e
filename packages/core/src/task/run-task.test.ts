import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { RunEvent } from "../events.ts";
import type { Json } from "../json.ts";
import { defineTask, isTask, newJob, type Task } from "./define-task.ts";
import { runTask, type RunTaskOptions, type TaskOutcome } from "./run-task.ts";
import type { TaskProgress } from "./task-context.ts";
import { lendTaskQueue, type NewJob } from "./task-queue.ts";

const told: { events: RunEvent[]; progress: TaskProgress[] } = { events: [], progress: [] };

function attempt(
  task: Pick<Task, "run"> & Partial<Task>,
  payload: unknown = null,
  given: Partial<RunTaskOptions> = {},
): Promise<TaskOutcome> {
  told.events = [];
  told.progress = [];
  return runTask({
    task: task as Task,
    job: "0198c2a4-5b1e-7000-8f3a-1f0c2b9d4e5f",
    payload: JSON.stringify(payload),
    attempt: 1,
    maxAttempts: 4,
    environment: { directory: "/", databaseUrl: () => Promise.reject(new Error("none")) },
    signal: new AbortController().signal,
    observe: (event) => void told.events.push(event),
    progress: (progress) => void told.progress.push(progress),
    ...given,
  });
}

describe("an attempt at a job", () => {
  it("is given what its schema makes of the payload, and comes to what it returned", async () => {
    const task = defineTask("ocr", {
      input: z.object({ file: z.string(), pages: z.number().default(2) }),
      run: (payload, context) => {
        expectTypeOf(payload).toEqualTypeOf<{ file: string; pages: number }>();
        context.log("info", "begins");
        return { ...payload, attempt: context.attempt, of: context.maxAttempts };
      },
    });
    const { report, result } = await attempt(task, { file: "a" });
    expect(report.status).toBe("succeeded");
    expect(JSON.parse(result ?? "")).toEqual({ file: "a", pages: 2, attempt: 1, of: 4 });
    expect(told.events).toContainEqual({ type: "log", level: "info", message: "begins" });
  });

  it("fails for ever with a wrong payload, and for now with an error, which is told with its stack", async () => {
    const task = defineTask("ocr", {
      input: z.object({ file: z.string() }),
      run: () => Promise.reject(new Error("away")),
    });
    expect((await attempt(task, { file: 1 })).report.error).toMatchObject({
      code: "MLR_TASK_INPUT_INVALID",
      retry: "never",
    });
    const { report, error } = await attempt(task, { file: "a" });
    expect(report.error).toMatchObject({
      code: "MLR_TASK_FAILED",
      message: 'task "ocr": away',
      retry: "later",
    });
    expect((error?.cause as Error | undefined)?.stack).toContain("run-task.test.ts");
  });

  it("keeps no result that is no JSON or too large", async () => {
    for (const value of [1n, "x".repeat(300_000)])
      expect((await attempt(defineTask("t", { run: () => value }))).report.error).toMatchObject({
        code: "MLR_TASK_RESULT_INVALID",
        retry: "never",
      });
    expect((await attempt(defineTask("t", { run: () => undefined }))).result).toBe("null");
  });

  it("that is asked to end and does has stopped, and has succeeded where it ended well all the same", async () => {
    const ending = new AbortController();
    ending.abort();
    const { signal } = ending;
    const throws = defineTask("t", { run: (_, context) => context.signal.throwIfAborted() });
    expect((await attempt(throws, null, { signal })).report.status).toBe("stopped");
    expect((await attempt(defineTask("t", { run: () => 1 }), null, { signal })).report.status).toBe(
      "succeeded",
    );
  });

  it("tells the first and the last of its progress, and not every step between", async () => {
    const task = defineTask("t", {
      run: (_, { progress }) => {
        for (let page = 1; page <= 1_000; page++) progress(page, 1_000, `page ${page}`);
      },
    });
    await attempt(task);
    expect(told.progress).toEqual([
      { done: 1, total: 1_000, note: "page 1" },
      { done: 1_000, total: 1_000, note: "page 1000" },
    ]);
    const wrong = defineTask("t", { run: (_, { progress }) => progress(Number.NaN) });
    expect((await attempt(wrong)).report.error?.code).toBe("MLR_ARGUMENT_INVALID");
  });
});

describe("queueing a job", () => {
  const task = defineTask("ocr", {
    input: z.object({ file: z.string() }),
    retries: 1,
    priority: 2,
    run: () => null,
  });

  it("checks what it is given before anything is queued, without telling values", async () => {
    await expect(newJob(task, { file: 7 })).rejects.toMatchObject({ code: "MLR_TASK_INPUT_INVALID" });
    await expect(newJob(defineTask("t", { run: () => null }), "x".repeat(2_000_000))).rejects.toMatchObject({
      code: "MLR_TASK_INPUT_INVALID",
      details: { limit: 1_048_576 },
    });
    const wrong = await newJob(task, { file: ["hunter2"] }).catch((error: Error) => error.message);
    expect(wrong).not.toContain("hunter2");
    await expect(newJob(task, { file: "a" }, { delay: "soon" })).rejects.toThrow(/"soon" is no delay/);
    await expect(newJob(task, { file: "a" }, { unique: "a" } as never)).rejects.toMatchObject({
      code: "MLR_OPTION_UNKNOWN",
    });
  });

  it("takes the task's limits, with what is asked for the one job", async () => {
    const job = await newJob(task, { file: "a" }, { delay: "2 hours", retries: 0, uniqueKey: "k" });
    expect(job).toMatchObject({ delayMs: 7_200_000, uniqueKey: "k", limits: { attempts: 1, priority: 2 } });
    for (const [delay, ms] of [
      ["30s", 30_000],
      ["5m", 300_000],
      ["500ms", 500],
      [1_500, 1_500],
      ["1d", 86_400_000],
    ] as const)
      expect((await newJob(task, { file: "a" }, { delay })).delayMs).toBe(ms);
  });

  it("goes to the queue that the program has lent, and rejects without one", async () => {
    await expect(task.enqueue({ file: "a" })).rejects.toMatchObject({ code: "MLR_TASK_QUEUE_MISSING" });
    const jobs: NewJob[] = [];
    const before = lendTaskQueue({ enqueue: async (job) => ({ id: String(jobs.push(job)), created: true }) });
    expect(await task.enqueue({ file: "a" })).toEqual({ id: "1", created: true });
    lendTaskQueue(before);
    expect(jobs[0]?.payload).toBe('{"file":"a"}');
  });
});

it("a task has a name, a function and options that are known", () => {
  expectTypeOf(defineTask("t", { run: (payload) => void payload }).enqueue)
    .parameter(0)
    .toEqualTypeOf<Json>();
  expect(isTask(defineTask("a.b-c", { run: () => null }))).toBe(true);
  expect(() => defineTask("a b", { run: () => null })).toThrow(/cannot be the name of a task/);
  expect(() => defineTask("a", { run: () => null, retry: 3 } as never)).toThrow(/no option "retry"/);
  expect(() => defineTask("a", {} as never)).toThrow(/"run"/);
});
