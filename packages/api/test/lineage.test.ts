import { afterAll, beforeAll, expect, test } from "vitest";
import type { z } from "zod";
import { lineageRoutes } from "../src/manage/lineage/routes.ts";
import type { Lineage } from "../src/manage/lineage/schemas.ts";
import { type Bed, openBed } from "./bed.ts";
import { seedRuns } from "./seed-runs.ts";

let bed: Bed;

beforeAll(async () => {
  bed = await openBed({ routes: [lineageRoutes] });
  await bed.register({
    orders: { group: "shop" },
    report: { parents: ["orders"] },
    lonely: {},
  });
  const { pool } = bed.control;
  const [orders, report] = await seedRuns(pool, [
    { pipeline: "orders", counts: { orders: { inserted: 3 } } },
    { pipeline: "report", status: "failed", counts: { daily: { inserted: 1 } } },
  ]);
  const uses = [
    [orders, "orders", "crm", "sales", "customers", "read"],
    [orders, "orders", "warehouse", "", "orders", "write"],
    [orders, "orders", "warehouse", "", "orders", "read"],
    [report, "report", "warehouse", "", "Orders", "read"],
    [report, "report", "warehouse", "", "daily", "write"],
  ];
  for (const use of uses) {
    await pool.query(
      `INSERT INTO millrace_control.run_objects (run, pipeline, database, namespace, name, kind, use, at)
       VALUES ($1, $2, $3, $4, $5, 'table', $6, '2026-11-22T10:00:00Z')`,
      use,
    );
  }
});

afterAll(() => bed.close());

const lineage = async (query = ""): Promise<z.infer<typeof Lineage>> =>
  (await bed.as("viewer").get<z.infer<typeof Lineage>>(`/lineage${query}`)).body;

test("draws sources, pipelines, tables, and pipelines that read what others write", async () => {
  const { nodes, edges, truncated } = await lineage();
  expect(nodes.map(({ id, kind, state }) => [id, kind, state])).toEqual([
    ["pipeline:lonely", "pipeline", "neverRan"],
    ["pipeline:orders", "pipeline", "healthy"],
    ["pipeline:report", "pipeline", "failing"],
    ["table:warehouse/orders", "table", "healthy"],
    ["table:warehouse/daily", "table", "failing"],
    ["source:crm/sales.customers", "source", null],
  ]);
  expect(edges.map(({ from, to, use }) => `${from} ${use} ${to}`)).toEqual([
    "pipeline:orders write table:warehouse/orders",
    "pipeline:report write table:warehouse/daily",
    "source:crm/sales.customers read pipeline:orders",
    "table:warehouse/orders read pipeline:report",
    "pipeline:orders after pipeline:report",
  ]);
  expect(nodes.find(({ kind }) => kind === "source")).toMatchObject({
    name: "sales.customers",
    detail: "crm",
    lastAt: "2026-11-22T10:00:00.000Z",
  });
  expect(truncated).toBe(false);
});

test("draws only what is connected to a pipeline or a table", async () => {
  const upstream = await lineage("?pipeline=orders");
  expect(upstream.nodes.map(({ id }) => id)).not.toContain("pipeline:lonely");
  expect(upstream.nodes).toHaveLength(5);
  const table = await lineage("?table=daily");
  expect(table.nodes.map(({ id }) => id)).toContain("source:crm/sales.customers");
  expect((await lineage("?pipeline=nobody")).nodes).toEqual([]);
});
