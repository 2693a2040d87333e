import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { pipeline } from "../pipeline.ts";
import type { ReadContext, RunPartition } from "../source.ts";
import { memoryDestination } from "../testing/index.ts";
import { executeRun } from "./execute.ts";
import type { RunReport } from "./report.ts";

const DAY: RunPartition = { name: "a", start: "2026-01-01T00:00:00.000Z", end: "2026-01-02T00:00:00.000Z" };

function bed(mode: "merge" | "replace" = "merge") {
  const destination = memoryDestination();
  const contexts: ReadContext[] = [];
  let attempts = 0n;
  const run = (
    rows: readonly object[],
    partition?: RunPartition,
    scope?: { day: string },
  ): Promise<RunReport> =>
    executeRun({
      pipeline: pipeline("prices", {
        source: {
          async *read(context) {
            contexts.push(context);
            const epoch = { stream: "prices", ...(scope === undefined ? {} : { scope }) };
            yield { type: "begin", ...epoch };
            yield { type: "rows", stream: "prices", slice: "s", rows: rows.map((row) => ({ ...row })) };
            yield { type: "checkpoint", slice: "s", state: partition?.name ?? "whole" };
            yield { type: "complete", ...epoch };
          },
        },
        destination: destination.table("t", mode === "merge" ? { key: ["id"], mode } : { mode }),
      }),
      environment: { directory: "/", databaseUrl: () => Promise.reject(new Error("none")) },
      run: randomUUID(),
      attempts: { next: async () => ++attempts },
      ...(partition === undefined ? {} : { partition }),
    });
  return { destination, contexts, run };
}

it("a partition is given its window and its own checkpoints, and removes nothing that it does not bring", async () => {
  const { destination, contexts, run } = bed();
  await run([{ id: 1 }, { id: 2 }]);
  const report = await run([{ id: 3 }], DAY);
  expect(report.status).toBe("succeeded");
  expect(report.tables["t"]).toMatchObject({ inserted: 1, removed: 0 });
  expect(report.withheld["t"]?.join()).toContain("partition a");
  expect(contexts[1]?.partition).toEqual(DAY);
  expect(contexts[1]?.checkpoints.size).toBe(0);
  await run([{ id: 3 }], DAY);
  expect(contexts[2]?.checkpoints.get("s")).toBe("a");
  await run([{ id: 1 }, { id: 2 }, { id: 3 }]);
  expect(contexts[3]?.checkpoints.get("s")).toBe("whole");
  expect(contexts[3]?.partition).toBeUndefined();
  expect(destination.rows("t")).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
});

it("a partition removes in the scope that its source declares", async () => {
  const { destination, run } = bed();
  await run([
    { id: 1, day: "a" },
    { id: 2, day: "a" },
    { id: 3, day: "b" },
  ]);
  const report = await run([{ id: 1, day: "a" }], DAY, { day: "a" });
  expect(report.tables["t"]).toMatchObject({ unchanged: 1, removed: 1 });
  expect(destination.rows("t")).toEqual([
    { id: 1, day: "a" },
    { id: 3, day: "b" },
  ]);
});

it("a table that is replaced as a whole takes no partition", async () => {
  const { destination, run } = bed("replace");
  await run([{ id: 1 }]);
  expect(await run([{ id: 2 }], DAY)).toMatchObject({
    status: "failed",
    error: { code: "MLR_ARGUMENT_INVALID" },
  });
  expect(destination.rows("t")).toEqual([{ id: 1 }]);
});
