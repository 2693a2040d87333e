import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, Redactor } from "@millrace/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RoutedRecord } from "../log-record.ts";
import type { LogSink, RefusedRecord } from "../log-sink.ts";
import { LogRouter, type LogRouterOptions } from "./log-router.ts";
import type { SinkLimits } from "./sink-limits.ts";
import type { SinkTrouble } from "./sink-trouble.ts";

let folder: string;
const open: LogRouter[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-router-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((router) => router.close(0)));
  await rm(folder, { recursive: true, force: true });
});

/** A sink that does what it is told: take, fail, hang, refuse. */
class TestSink implements LogSink {
  readonly name: string;
  readonly taken: string[] = [];
  readonly batches: number[] = [];
  readonly ids = new Set<string>();
  tries = 0;
  fails: Error | undefined;
  refuses: ((record: RoutedRecord) => boolean) | undefined;
  #gate: Promise<void> = Promise.resolve();
  #openGate = (): void => undefined;
  #tried: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  async write(batch: readonly RoutedRecord[]): Promise<readonly RefusedRecord[]> {
    this.tries += 1;
    for (const tell of this.#tried.splice(0)) tell();
    await this.#gate;
    if (this.fails !== undefined) throw this.fails;
    const refused = batch.filter((record) => this.refuses?.(record) === true);
    this.batches.push(batch.length);
    for (const record of batch) {
      if (refused.includes(record)) continue;
      this.taken.push(record.message);
      this.ids.add(record.id);
    }
    return refused.map((record) => ({ record, reason: "not this one" }));
  }

  async close(): Promise<void> {
    this.release();
  }

  /** From now on it does not answer. */
  hang(): void {
    this.#gate = new Promise((resolve) => (this.#openGate = resolve));
  }

  release(): void {
    this.#openGate();
    this.#gate = Promise.resolve();
  }

  /** Resolves when it is asked the next time. */
  asked(): Promise<void> {
    return new Promise((resolve) => this.#tried.push(resolve));
  }
}

const QUICK: SinkLimits = { delayMs: 0, retryMs: 1, maxRetryMs: 20, attempts: 2 };

function routerOf(
  sinks: readonly LogSink[],
  options: Partial<LogRouterOptions> & { limits?: SinkLimits } = {},
): LogRouter {
  const { limits = QUICK, ...rest } = options;
  const router = new LogRouter({
    sinks: sinks.map((sink) => ({ sink, limits })),
    fallbackDirectory: folder,
    ...rest,
  });
  open.push(router);
  return router;
}

function say(router: LogRouter, ...messages: string[]): void {
  for (const message of messages) router.write({ at: "2026-01-01T00:00:00.000Z", level: "info", message });
}

const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `line ${from + i}`);

/** Resolves when `check` holds; the test's own time limit ends it otherwise. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Everything that is in the files of a sink. */
async function kept(...path: string[]): Promise<{
  records: string[];
  errors: { code: string; message: string; records: number; lost?: number }[];
}> {
  const directory = join(folder, ...path);
  const names = (await readdir(directory).catch((): string[] => []))
    .filter((name) => name.endsWith(".ndjson"))
    .toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  const lines = texts
    .join("")
    .split("\n")
    .filter((line) => line !== "");
  const parsed = lines.map(
    (line) =>
      JSON.parse(line) as { error?: { code: string; message: string; records: number }; message?: string },
  );
  return {
    records: parsed.flatMap(({ message }) => message ?? []),
    errors: parsed.flatMap(({ error }) => error ?? []),
  };
}

test("lines reach every sink in batches and in order", async () => {
  const [one, two] = [new TestSink("one"), new TestSink("two")];
  const router = routerOf([one, two], { limits: { ...QUICK, delayMs: 5, batchRecords: 100 } });
  say(router, ...numbered(1000));
  await router.flush();
  expect(one.taken).toEqual(numbered(1000));
  expect(two.taken).toEqual(numbered(1000));
  expect(Math.max(...one.batches)).toBe(100);
  expect(one.ids.size).toBe(1000);
});

test("a sink that hangs holds neither the caller nor another sink", async () => {
  const [slow, quick] = [new TestSink("slow"), new TestSink("quick")];
  slow.hang();
  const router = routerOf([slow, quick]);
  say(router, ...numbered(500));
  await until(() => quick.taken.length === 500);
  expect(slow.taken).toEqual([]);
});

test("a failure that passes is tried again, and no file is written", async () => {
  const sink = new TestSink("down");
  sink.fails = new Error("503");
  const router = routerOf([sink], { limits: { ...QUICK, attempts: 5 } });
  say(router, "a");
  await sink.asked();
  sink.fails = undefined;
  await router.flush();
  expect(sink.taken).toEqual(["a"]);
  expect(await readdir(folder)).toEqual([]);
});

test("what a sink that is down does not take is in files with the error, and comes to it when it is up again", async () => {
  const sink = new TestSink("down");
  const troubles: SinkTrouble[] = [];
  sink.fails = new Error("connect ECONNREFUSED");
  const router = routerOf([sink], { trouble: (trouble) => troubles.push(trouble) });
  say(router, ...numbered(300));
  await router.flush();
  const { records, errors } = await kept("down");
  expect(records).toEqual(numbered(300));
  expect(errors[0]).toMatchObject({ code: "MLR_LOG_SINK_FAILED", message: "connect ECONNREFUSED" });
  expect(errors.reduce((sum, error) => sum + error.records, 0)).toBe(300);
  sink.fails = undefined;
  await until(() => sink.taken.length === 300);
  say(router, "live");
  await until(() => sink.taken.length === 301);
  await router.close();
  expect(new Set(sink.taken)).toEqual(new Set([...numbered(300), "live"]));
  expect(sink.ids.size).toBe(301);
  expect((await kept("down")).records).toEqual([]);
  expect(troubles.map(({ kind }) => kind)).toEqual(["failed", "recovered"]);
  expect(router.stats()).toMatchObject([
    { delivered: 301, fellBack: 300, replayed: 300, lost: 0, state: "up" },
  ]);
});

test("trouble with a sink is said on the others", async () => {
  const [down, other] = [new TestSink("down"), new TestSink("other")];
  down.fails = new Error("no");
  const router = routerOf([down, other]);
  say(router, "a");
  await until(() => other.taken.length === 2);
  expect(other.taken[1]).toBe("The log sink down takes no lines; they are kept in files until it does: no");
});

test("lines beyond what memory has room for go to files, and all of them arrive", async () => {
  const sink = new TestSink("slow");
  sink.hang();
  const troubles: SinkTrouble[] = [];
  const router = routerOf([sink], {
    limits: { ...QUICK, batchRecords: 50, queueRecords: 2000 },
    trouble: (trouble) => troubles.push(trouble),
  });
  say(router, ...numbered(20_000));
  const [stats] = router.stats();
  expect(stats).toMatchObject({ lost: 0 });
  expect(stats?.waiting).toBeLessThanOrEqual(2000);
  expect(stats?.fellBack).toBeGreaterThan(17_000);
  expect((await kept("slow")).errors[0]).toMatchObject({ code: "MLR_LOG_SINK_SLOW" });
  expect(troubles.map(({ kind }) => kind)).toEqual(["slow"]);
  sink.release();
  await until(() => sink.ids.size === 20_000);
  expect(new Set(sink.taken).size).toBe(20_000);
});

test("a batch that takes too long is given up, also where the sink ignores its signal", async () => {
  const sink = new TestSink("stuck");
  sink.hang();
  const router = routerOf([sink], { limits: { ...QUICK, timeoutMs: 5, attempts: 1 } });
  say(router, "a");
  await router.flush();
  expect((await kept("stuck")).errors[0]?.message).toBe("stuck did not take a batch within 5 ms");
});

test("how long the server asks to wait is waited", async () => {
  const sink = new TestSink("busy");
  sink.fails = new MillraceError("MLR_LOG_SINK_FAILED", "429", { details: { retryAfterMs: 3_600_000 } });
  const router = routerOf([sink]);
  say(router, "a");
  await router.flush();
  // So long a wait is not waited with lines in memory.
  expect((await kept("busy")).records).toEqual(["a"]);
  sink.fails = undefined;
  say(router, "b");
  await router.flush();
  expect(sink.tries).toBe(1);
  expect((await kept("busy")).records).toEqual(["a", "b"]);
});

test("records that a sink will never take are kept apart, and hold up no others", async () => {
  const sink = new TestSink("picky");
  sink.refuses = ({ message }) => message.endsWith("7");
  const troubles: SinkTrouble[] = [];
  const router = routerOf([sink], { trouble: (trouble) => troubles.push(trouble) });
  say(router, ...numbered(100));
  await router.flush();
  expect(sink.taken).toHaveLength(90);
  const { records, errors } = await kept("picky", "refused");
  expect(records).toHaveLength(10);
  expect(errors[0]?.message).toBe("not this one");
  expect(troubles.map(({ kind }) => kind)).toEqual(["refused"]);
});

test("closing keeps in files what a sink does not take in time, and the next process brings it", async () => {
  const sink = new TestSink("late");
  sink.hang();
  const router = routerOf([sink]);
  say(router, ...numbered(100));
  await router.close(10);
  sink.fails = new Error("closed");
  sink.release();
  const next = new TestSink("late");
  routerOf([next]);
  await until(() => next.taken.length === 100);
  expect(next.taken.toSorted()).toEqual(numbered(100).toSorted());
});

test("lines that come after closing are kept in files", async () => {
  const router = routerOf([new TestSink("closed")]);
  await router.close();
  say(router, "after");
  expect((await kept("closed")).records).toEqual(["after"]);
});

test("where sink and disk both refuse, lines wait in memory within its limit, and what is lost is counted and said", async () => {
  const [sink, other] = [new TestSink("down"), new TestSink("other")];
  sink.fails = new Error("no");
  // A file where the folder should be.
  await writeFile(join(folder, "down"), "");
  const troubles: SinkTrouble[] = [];
  const router = routerOf([sink, other], {
    limits: { ...QUICK, attempts: 1, queueRecords: 1000 },
    trouble: (trouble) => troubles.push(trouble),
  });
  say(router, ...numbered(1500));
  const stats = (): { waiting: number; lost: number } => router.stats()[0] ?? { waiting: 0, lost: 0 };
  expect(stats().waiting).toBe(1000);
  // Besides these, what the log itself had to say of it.
  expect(stats().lost).toBeGreaterThanOrEqual(500);
  await until(() => troubles.some(({ kind }) => kind === "failed"));
  expect(troubles.map(({ kind }) => kind)).toContain("lost");
  sink.fails = undefined;
  await until(() => sink.taken.length === 1000);
  expect(sink.taken.toSorted()).toEqual(numbered(1000).toSorted());
  await until(() => other.taken.some((line) => line.startsWith("Lines for the log sink down were lost")));
});

test("fallback files keep to their limit: the oldest lines go, counted and said", async () => {
  const sink = new TestSink("down");
  sink.fails = new Error("no");
  const troubles: SinkTrouble[] = [];
  const router = routerOf([sink], {
    limits: {
      ...QUICK,
      attempts: 1,
      batchRecords: 100,
      fallback: { maxBytes: 100_000, segmentBytes: 20_000 },
    },
    trouble: (trouble) => troubles.push(trouble),
  });
  for (let from = 0; from < 3000; from += 100) {
    say(router, ...numbered(100, from));
    await router.flush();
  }
  const { records, errors } = await kept("down");
  const [stats] = router.stats();
  expect(records.at(-1)).toBe("line 2999");
  expect(records.length + (stats?.lost ?? 0)).toBe(3000);
  expect(records).toEqual(numbered(records.length, 3000 - records.length));
  expect(errors.some(({ lost = 0 }) => lost > 0)).toBe(true);
  expect(troubles.map(({ kind }) => kind)).toContain("lost");
});

test("what somebody else's line says of a secret is masked on its way", async () => {
  const redactor = new Redactor();
  redactor.add("correct horse");
  const sink = new TestSink("one");
  const seen: RoutedRecord[] = [];
  sink.refuses = (record) => seen.push(record) < 0;
  const router = routerOf([sink], { redactor });
  router.write({
    at: "2026-01-01T00:00:00.000Z",
    level: "info",
    message: "a correct horse",
    fields: { deep: ["correct horse"] },
  });
  await router.flush();
  expect(JSON.stringify(seen)).not.toContain("correct horse");
});
