import { randomUUID } from "node:crypto";
import { executeRun, pipeline, type Row, type RunReport, type Target } from "@millrace/core";
import { memoryDestination, memorySource, reading } from "@millrace/core/testing";
import { describe, expect, it } from "vitest";
import { cast } from "./cast.ts";
import { dedupe } from "./dedupe.ts";
import { filter } from "./filter.ts";
import { map } from "./map.ts";
import { on } from "./on.ts";
import { parallel } from "./parallel.ts";
import { pick } from "./pick.ts";
import { rename } from "./rename.ts";
import { unnest } from "./unnest.ts";

type Options = Parameters<typeof pipeline>[1];

let attempt = 0n;
async function run(
  rows: readonly Row[],
  destination: Target,
  transforms: NonNullable<Options["transforms"]>,
): Promise<RunReport> {
  const messages = reading({ stream: "orders", rows, batchRows: 3, checkpointEvery: 1 });
  const report = await executeRun({
    pipeline: pipeline("orders", {
      source: memorySource(messages, { rereads: true }),
      transforms,
      destination,
      commit: { rows: 4 },
    }),
    environment: { databaseUrl: () => Promise.reject(new Error("unused")), directory: import.meta.dirname },
    run: randomUUID(),
    attempts: { next: async () => ++attempt },
  });
  if (report.error !== undefined) throw new Error(`${report.error.code}: ${report.error.message}`);
  return report;
}

describe("transforms in a pipeline", () => {
  const orders: Row[] = [
    { id: 1, who: "a", lines: [{ sku: "x", taxes: [1, 2] }, { sku: "y" }] },
    { id: 2, who: "b", lines: [{ sku: "z", taxes: [3] }] },
    { id: 3, who: "c" },
    { id: 4, who: "d", lines: [] },
  ];
  const unnesting = [
    unnest("lines", { as: "order_lines", key: { id: "order_id" } }),
    unnest("taxes", { as: "taxes", from: "order_lines", key: { order_id: "order_id", position: "line" } }),
  ];

  it("lands nested arrays in child tables and removes what goes away", async () => {
    const memory = memoryDestination();
    const target = memory.tables({ orders: { key: ["id"] } });
    await run(orders, target, unnesting);
    expect(memory.rows("order_lines")).toEqual([
      { order_id: 1, position: 1, sku: "x" },
      { order_id: 1, position: 2, sku: "y" },
      { order_id: 2, position: 1, sku: "z" },
    ]);
    expect(memory.rows("taxes")).toHaveLength(3);
    const same = await run(orders, target, unnesting);
    expect(
      Object.values(same.tables).map(({ unchanged, inserted, updated, removed }) => [
        unchanged,
        inserted + updated + removed,
      ]),
    ).toEqual([
      [4, 0],
      [3, 0],
      [3, 0],
    ]);
    const fewer = await run([{ ...orders[0], lines: [{ sku: "y" }] }, ...orders.slice(2)], target, unnesting);
    expect(fewer.tables["orders"]).toMatchObject({ unchanged: 3, removed: 1 });
    expect(fewer.tables["order_lines"]).toMatchObject({ updated: 1, removed: 2 });
    expect(memory.rows("order_lines")).toEqual([{ order_id: 1, position: 1, sku: "y" }]);
    expect(memory.rows("taxes")).toEqual([]);
  });

  it("gives the table the types that a cast settled, under the names that rename gave", async () => {
    const memory = memoryDestination();
    const rows = [
      { id: "1", price: "10.50", day: "2026-11-22", time: "10:20" },
      { id: "x", price: "1", day: "2026-11-22", time: "1:00" },
    ];
    const report = await run(rows, memory.tables({ orders: { key: ["id"] } }), [
      cast({ id: "integer", price: "numeric(8,2)", day: "date", time: "time" }),
      rename({ price: "amount" }),
    ]);
    expect(report.tables["orders"]).toMatchObject({ read: 2, inserted: 1, rejected: 1 });
    const { definition } = memory.snapshot().tables["orders"] ?? {};
    expect(definition?.columns.map(({ name, type }) => [name, type.kind])).toEqual([
      ["id", "integer"],
      ["amount", "numeric"],
      ["day", "date"],
      ["time", "time"],
    ]);
    expect(memory.rows("orders")).toEqual([{ id: 1, day: 20_779, time: 37_200_000_000, amount: "10.5" }]);
    expect(memory.rows("orders__quarantine")).toMatchObject([{ code: "MLR_ROW_INVALID", line: 2 }]);
  });

  it("chains functions, threads and filters, keeping order and lines", async () => {
    const memory = memoryDestination();
    const rows = Array.from({ length: 20 }, (_, n) => ({ n, deep: { even: n % 2 === 0 } }));
    await run(rows, memory.tables({ orders: { mode: "append" } }), [
      pick({ n: "$.n", even: "$.deep.even" }),
      filter((row: { even: boolean }) => row.even),
      parallel((row: { n: number }) => ({ n: row.n, square: row.n * row.n }), { threads: 2, taskRows: 1 }),
      map(
        async (row: { n: number }) => {
          if (row.n === 6) throw new Error("six");
          return row;
        },
        { onError: "reject" },
      ),
      (row) => ({ ...row, plain: true }),
    ]);
    expect(memory.rows("orders").map(({ n }) => n)).toEqual([0, 2, 4, 8, 10, 12, 14, 16, 18]);
    expect(memory.rows("orders")[1]).toEqual({ n: 2, square: 4, plain: true });
    expect(memory.rows("orders__quarantine")).toMatchObject([
      { reason: expect.stringContaining("six"), line: 7 },
    ]);
  });

  it("holds rows until the commit to keep the last", async () => {
    const memory = memoryDestination();
    const rows = [
      { id: 1, v: 1 },
      { id: 2, v: 1 },
      { id: 1, v: 2 },
      { id: 3, v: 1 },
    ];
    const report = await run(rows, memory.tables({ orders: { key: ["id"] } }), [
      on("orders", dedupe({ key: "id", keep: "last" })),
    ]);
    expect(memory.rows("orders")).toEqual([
      { id: 1, v: 2 },
      { id: 2, v: 1 },
      { id: 3, v: 1 },
    ]);
    expect(report.tables["orders"]?.inserted).toBe(3);
  });
});
