import { expect, test } from "vitest";
import { MillraceError } from "../errors.ts";
import type { RunEvent } from "../events.ts";
import { pipeline } from "../pipeline.ts";
import { memoryDestination } from "../testing/index.ts";
import type { Transform } from "../transform.ts";
import { executeRun } from "./execute.ts";

const environment = {
  directory: ".",
  databaseUrl: () => Promise.reject(new Error("no database here")),
  secret: async (name: string): Promise<string> => `value-of-${name}`,
};

test("source and transforms get secrets, rows keep them, and nothing that the run tells has them", async () => {
  const memory = memoryDestination();
  const failing: Transform = {
    holds: "nothing",
    async apply(batch, context) {
      const value = await context.secret("second");
      for (const row of batch.rows) {
        if (row["id"] === 2) context.reject(row, { code: "MLR_ROW_INVALID", message: `bad ${value}` });
        if (row["id"] === 3) {
          const details = { token: value };
          const cause = new Error(`caused by ${value}`);
          throw new MillraceError("MLR_TRANSFORM_FAILED", `no ${value}`, {
            hint: `try ${value}`,
            details,
            cause,
          });
        }
      }
      return {
        ...batch,
        rows: batch.rows.filter((row) => row["id"] === 1).map((row) => ({ ...row, kept: value })),
      };
    },
  };
  const events: RunEvent[] = [];
  const report = await executeRun({
    pipeline: pipeline("secretive", {
      async *source(context) {
        const value = await context.secret("first");
        context.log("info", `with ${value}`, { list: [value] });
        yield { type: "rows", stream: "t", slice: "s", rows: [{ id: 1 }, { id: 2 }] };
        yield { type: "checkpoint", slice: "s", state: { next: `?token=${value}` } };
        yield { type: "rows", stream: "t", slice: "s", rows: [{ id: 3 }] };
      },
      transforms: [failing],
      destination: memory.table("t", { mode: "append" }),
      commit: { rows: 1 },
      retry: { attempts: 2, delayMs: 0 },
    }),
    environment,
    run: "00000000-0000-7000-8000-000000000001",
    attempts: { next: (above = 0n) => Promise.resolve(above + 1n) },
    observe: (event) => events.push(event),
  });
  expect(report).toMatchObject({
    status: "failed",
    checkpoint: { s: { next: "?token=***" } },
    error: { message: "no ***", hint: "try ***", details: { token: "***" } },
  });
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["started", "log", "rejected", "committed", "finished"]),
  );
  const finished = events.find((event) => event.type === "finished");
  expect(finished?.error?.cause).toMatchObject({ message: "caused by ***" });
  const told = JSON.stringify([report, events, finished?.error?.stack], (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  expect(told).toContain("with ***");
  expect(told).not.toContain("value-of");
  // What the destination holds is the truth, and the pipeline's own.
  const held = JSON.stringify(memory.snapshot());
  expect(held).toContain('"kept":"value-of-second"');
  expect(held).not.toContain("bad value-of");
});
