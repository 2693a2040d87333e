import { expect, it } from "vitest";
import type { RunEvent } from "../events.ts";
import { pipeline } from "../pipeline.ts";
import type { Source } from "../source.ts";
import { memoryDestination } from "../testing/memory-destination.ts";
import { executeRun } from "./execute.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };

it("reads a source that never ends again until it may go on, tells its status, and closes it once", async () => {
  const stop = new AbortController();
  let readings = 0;
  let closed = 0;
  const events: RunEvent[] = [];
  const source: Source = {
    kind: "feed",
    endless: true,
    async *read({ status, pipeline: name }) {
      readings++;
      status?.("collector", { name: name ?? null, readings });
      // More failures than a source that ends is given.
      if (readings < 8) throw new Error("away");
      yield { type: "rows", stream: "ticks", slice: "feed", rows: [{ id: 1 }] };
      yield { type: "checkpoint", slice: "feed", state: 1 };
      stop.abort();
    },
    close: () => {
      closed++;
      return Promise.resolve();
    },
  };
  const memory = memoryDestination();
  const report = await executeRun({
    pipeline: pipeline("ticks", {
      source,
      destination: memory.table("ticks", { key: ["id"] }),
      retry: { delayMs: 0 },
    }),
    environment,
    run: "00000000-0000-7000-8000-000000000001",
    attempts: { next: (above = 0n) => Promise.resolve(above + 1n + BigInt(readings)) },
    signal: stop.signal,
    observe: (event) => events.push(event),
  });
  expect(report.status).toBe("succeeded");
  expect({ readings, closed }).toEqual({ readings: 8, closed: 1 });
  const told = events.filter((event) => event.type === "status");
  expect(told.at(-1)).toEqual({ type: "status", kind: "collector", status: { name: "ticks", readings: 8 } });
});
