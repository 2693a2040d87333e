import { expect, test } from "vitest";
import type { Message } from "../message.ts";
import { pipeline } from "../pipeline.ts";
import { failingSource, memoryDestination, memorySource } from "../testing/index.ts";
import type { Transform } from "../transform.ts";
import { executeRun } from "./execute.ts";
import type { RunReport } from "./report.ts";
import type { StepFacts, StepListener } from "./run-steps.ts";

interface Step {
  readonly kind: string;
  readonly facts: StepFacts;
}

const messages: Message[] = [
  {
    type: "rows",
    stream: "people",
    slice: "all",
    rows: [{ id: 1 }, { id: 2 }],
    position: { file: "page 1" },
  },
  { type: "rows", stream: "people", slice: "all", rows: [{ id: 3 }] },
];
const odd: Transform = {
  kind: "odd",
  holds: "nothing",
  apply: (batch) => ({ ...batch, rows: batch.rows.filter(({ id }) => Number(id) % 2 === 1) }),
};

function recorder(): { steps: StepListener; begun: string[]; over: Step[] } {
  const begun: string[] = [];
  const over: Step[] = [];
  return {
    begun,
    over,
    steps: (kind, facts) => {
      begun.push(kind);
      return (more) => over.push({ kind, facts: { ...facts, ...more } });
    },
  };
}

function run(steps: StepListener | undefined, source = memorySource(messages)): Promise<RunReport> {
  let attempt = 0n;
  return executeRun({
    pipeline: pipeline("people", {
      source,
      transforms: [odd],
      destination: memoryDestination().table("people", { mode: "append" }),
      retry: { attempts: 2, delayMs: 0, maxDelayMs: 0 },
    }),
    environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: "00000000-0000-7000-8000-000000000001",
    attempts: { next: () => Promise.resolve(++attempt) },
    ...(steps === undefined ? {} : { steps }),
  });
}

test("each part of a run is told when it begins and when it is over, with what is known of it", async () => {
  const { steps, begun, over } = recorder();
  expect((await run(steps)).status).toBe("succeeded");
  expect([...over.map(({ kind }) => kind)].sort()).toEqual([...begun].sort());
  const of = (kind: string): StepFacts[] =>
    over.filter((step) => step.kind === kind).map(({ facts }) => facts);
  expect(of("attempt")).toEqual([{ attempt: 1 }]);
  expect(of("open")).toEqual([{ destination: "memory" }]);
  // The last one is the end of the source.
  expect(of("read")).toEqual([
    { stream: "people", slice: "all", rows: 2, from: "page 1" },
    { stream: "people", slice: "all", rows: 1 },
    {},
  ]);
  expect(of("transform")).toEqual([
    { transform: "odd", stream: "people", rows: 2, rowsOut: 1 },
    { transform: "odd", stream: "people", rows: 1, rowsOut: 1 },
  ]);
  expect(of("write").map(({ rows }) => rows)).toEqual([2, 1]);
  expect(of("commit")).toEqual([{ final: true, destination: "memory", commit: 1n }]);
  expect(over.at(-1)?.kind).toBe("attempt");
});

test("a step that fails tells why, and the next attempt is one of its own", async () => {
  const { steps, over } = recorder();
  expect((await run(steps, failingSource(memorySource(messages), { afterRows: 2 }))).status).toBe(
    "succeeded",
  );
  const failed = over.filter(({ facts }) => facts.error !== undefined);
  expect(failed.map(({ kind }) => kind)).toEqual(["read", "attempt"]);
  expect(over.filter(({ kind }) => kind === "attempt").map(({ facts }) => facts.attempt)).toEqual([1, 2]);
});

test("a listener that throws changes nothing", async () => {
  const throws = (): never => {
    throw new Error("no");
  };
  expect(await run(throws)).toMatchObject({ status: "succeeded", tables: { people: { inserted: 2 } } });
  expect(await run(() => throws)).toMatchObject({ status: "succeeded", tables: { people: { inserted: 2 } } });
  expect(await run(() => undefined)).toMatchObject({ status: "succeeded" });
});
