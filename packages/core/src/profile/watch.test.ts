import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as later } from "node:timers";
import { expect, test } from "vitest";
import { MillraceError } from "../errors.ts";
import type { RunEvent } from "../events.ts";
import { pipeline } from "../pipeline.ts";
import type { SourceFunction } from "../pipeline.ts";
import { executeRun } from "../run/execute.ts";
import { manualClock, memoryDestination } from "../testing/index.ts";
import type { Clock } from "../clock.ts";
import type { FunctionCalls } from "./function-calls.ts";
import { watch } from "./watch.ts";
import { watchMethods } from "./watch-methods.ts";
import { watched } from "./watched.ts";

let runs = 0;

/** Runs a source, and gives what the functions that were called came to. */
async function calls(
  source: SourceFunction,
  more: { readonly clock?: Clock; readonly name?: string } = {},
): Promise<Record<string, FunctionCalls>> {
  const events: RunEvent[] = [];
  const attempt = BigInt(++runs);
  await executeRun({
    pipeline: pipeline(more.name ?? "watches", {
      source,
      destination: memoryDestination().table("things", { key: ["id"] }),
      retry: { attempts: 1 },
    }),
    environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: `00000000-0000-7000-8000-${String(runs).padStart(12, "0")}`,
    attempts: { next: () => Promise.resolve(attempt) },
    observe: (event) => void events.push(event),
    ...(more.clock === undefined ? {} : { clock: more.clock }),
  });
  const told = events.flatMap((event) => (event.type === "functions" ? event.calls : []));
  return Object.fromEntries(told.map((each) => [each.name, each]));
}

/** A source of one row that does something first. */
const doing = (work: () => unknown): SourceFunction =>
  async function* () {
    await work();
    yield { id: 1 };
  };

test("calls, errors and times of a function and of one that is waited for are told at the end of the run", async () => {
  const clock = manualClock();
  const parse = watch("parse", (text: string): unknown => JSON.parse(text));
  const fetchPage = watch(async function fetchPage(ms: number) {
    await clock.sleep(ms);
    if (ms === 30) throw new Error("no such page");
    return ms;
  });
  const found = await calls(
    doing(async () => {
      expect(parse("[1]")).toEqual([1]);
      expect(() => parse("[")).toThrow(SyntaxError);
      for (const ms of [10, 20, 30]) {
        const page = fetchPage(ms);
        const outcome = page.catch((error: unknown) => String(error));
        await clock.advance(ms);
        expect(await outcome).toBe(ms === 30 ? "Error: no such page" : ms);
      }
    }),
    { clock },
  );
  expect(found["parse"]).toMatchObject({ calls: 2, errors: 1, totalMs: 0 });
  expect(found["fetchPage"]).toMatchObject({ calls: 3, errors: 1, totalMs: 60, meanMs: 20, maxMs: 30 });
  expect(found["fetchPage"]?.p95Ms).toBeGreaterThan(29);
  expect(found["fetchPage"]?.p95Ms).toBeLessThanOrEqual(30);
});

test("a run tells what was counted every five seconds, and only what was called since", async () => {
  const clock = manualClock();
  const events: RunEvent[] = [];
  const [one, two] = [watch("one", () => 1), watch("two", () => 2)];
  const told = (): string[][] =>
    events.flatMap((event) =>
      event.type === "functions" ? [event.calls.map(({ name, calls: n }) => `${name} ${n}`)] : [],
    );
  await executeRun({
    pipeline: pipeline("long", {
      source: doing(async () => {
        one();
        two();
        await clock.advance(5_000);
        expect(told()).toEqual([["one 1", "two 1"]]);
        two();
        await clock.advance(4_999);
        expect(told()).toHaveLength(1);
        await clock.advance(20_000);
        expect(told()).toEqual([["one 1", "two 1"], ["two 2"]]);
        one();
      }),
      destination: memoryDestination().table("things", { key: ["id"] }),
    }),
    environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: "00000000-0000-7000-8000-000000000999",
    attempts: { next: () => Promise.resolve(1n) },
    clock,
    observe: (event) => void events.push(event),
  });
  expect(told()).toEqual([["one 1", "two 1"], ["two 2"], ["one 2"]]);
  expect(events.at(-1)?.type).toBe("finished");
  expect(clock.sleeping).toBe(0);
});

test("runs at the same time count their own calls, and a call outside of runs counts nowhere", async () => {
  const shared = watch("shared", () => Promise.resolve());
  await shared();
  const gate = Promise.withResolvers<void>();
  const waits = (times: number): SourceFunction =>
    doing(async () => {
      await gate.promise;
      for (let i = 0; i < times; i++) await shared();
    });
  const both = Promise.all([calls(waits(2), { name: "a" }), calls(waits(5), { name: "b" })]);
  gate.resolve();
  const [a, b] = await both;
  expect([a["shared"]?.calls, b["shared"]?.calls]).toEqual([2, 5]);
  expect((await calls(doing(() => shared())))["shared"]?.calls).toBe(1);
});

test("a call from what is older than the run counts for the only run that goes on", async () => {
  const pulse = Promise.withResolvers<void>();
  const beat = watch("beat", () => pulse.resolve());
  const start = Promise.withResolvers<void>();
  void start.promise.then(() => later(beat, 0));
  const found = await calls(
    doing(async () => {
      start.resolve();
      await pulse.promise;
    }),
  );
  expect(found["beat"]?.calls).toBe(1);
});

test("what a run's code leaves behind is measured for no other run", async () => {
  const linger = watch("linger", () => undefined);
  const left = Promise.withResolvers<() => void>();
  await calls(doing(() => left.resolve(bound(linger))));
  const late = await left.promise;
  expect((await calls(doing(() => late())))["linger"]).toBeUndefined();
});

/** The function as it runs in the context of whoever calls this. */
function bound(fn: () => void): () => void {
  return AsyncLocalStorage.bind(fn);
}

test("a generator is one call, measured for as long as its own code runs", async () => {
  const clock = manualClock();
  const pages = watch("pages", async function* () {
    for (const page of [1, 2, 3]) {
      await clock.sleep(10);
      yield page;
    }
  });
  const broken = watch("broken", function* () {
    yield 1;
    throw new Error("no more");
  });
  const found = await calls(
    doing(async () => {
      const read: number[] = [];
      const reading = (async () => {
        for await (const page of pages()) {
          read.push(page);
          await clock.sleep(1_000);
        }
      })();
      await clock.advance(10_000);
      await reading;
      expect(read).toEqual([1, 2, 3]);
      expect(() => [...broken()]).toThrow("no more");
      for (const each of broken()) if (each === 1) break;
    }),
    { clock },
  );
  expect(found["pages"]).toMatchObject({ calls: 1, errors: 0, totalMs: 30 });
  expect(found["broken"]).toMatchObject({ calls: 2, errors: 1 });
});

test("watching changes neither this, arguments, name nor length, and rejections that nobody handles are seen", async () => {
  const object = {
    factor: 2,
    times: watch(function times(this: { factor: number }, a: number, b: number) {
      return this.factor * a * b;
    }),
  };
  expect(object.times.name).toBe("times");
  expect(object.times).toHaveLength(2);
  const seen = new Promise((resolve) => process.once("unhandledRejection", resolve));
  const fails = watch("fails", () => Promise.reject(new Error("nobody waits")));
  const found = await calls(
    doing(async () => {
      expect(object.times(3, 4)).toBe(24);
      void fails();
      expect(await seen).toMatchObject({ message: "nobody waits" });
    }),
  );
  expect(found["times"]?.calls).toBe(1);
  expect(found["fails"]).toMatchObject({ calls: 1, errors: 1 });
});

test("all methods of an object are watched in place, or those that are named", async () => {
  class Reader {
    #pages = 0;
    static kind = "reader";
    get pages(): number {
      return this.#pages;
    }
    read(): number {
      return this.next();
    }
    next(): number {
      return ++this.#pages;
    }
  }
  const all = watchMethods(new Reader());
  const some = watchMethods({ open: () => 1, close: () => 2 }, { prefix: "door", only: ["close"] });
  const found = await calls(
    doing(() => {
      all.read();
      all.next();
      some.open();
      some.close();
      expect(all.pages).toBe(2);
    }),
  );
  expect(Object.values(found).map(({ name, calls: n }) => `${name} ${n}`)).toEqual([
    "Reader.read 1",
    "Reader.next 2",
    "door.close 1",
  ]);
  expect(() => watchMethods(new Reader(), { only: ["clse"] })).toThrow(MillraceError);
  expect(() => watchMethods(Object.freeze({ open: () => 1 }))).toThrow("cannot be replaced");
});

test("the decorator watches methods by their class, or by a name", async () => {
  const method = (name: string) => ({ kind: "method", name }) as const;
  class Parser {
    parse = watched(() => 1, method("parse"));
    static guess = watched(function guess(this: unknown) {
      return 2;
    }, method("guess"));
    named = watched("my parser")(() => 3, method("named"));
  }
  const found = await calls(
    doing(() => {
      expect([new Parser().parse(), Parser.guess(), new Parser().named()]).toEqual([1, 2, 3]);
    }),
  );
  expect(Object.keys(found).toSorted()).toEqual(["Parser.guess", "Parser.parse", "my parser"]);
  expect(() => watched(() => 1, { kind: "field", name: "x" })).toThrow("a field");
});

test("a function without a name, and what is no function, are refused", () => {
  expect(() => watch(() => 1)).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }) as Error);
  expect(() => watch("x", undefined as never)).toThrow("no function");
});
