import { expect, test } from "vitest";
import { pipeline, type Pipeline } from "../pipeline.ts";
import { memoryDestination, type MemoryDestination } from "../testing/index.ts";
import { defineTables, type DefinedTable } from "./define-tables.ts";
import { executeRun, type Attempts } from "./execute.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };
let attempt = 0n;
const attempts: Attempts = {
  next: async (above = 0n) => (attempt = (attempt > above ? attempt : above) + 1n),
};
let runs = 0;
const newRun = (): string => `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`;

const orders = (memory: MemoryDestination, columns?: Record<string, string>): Pipeline =>
  pipeline("shop", {
    source: function* () {
      yield { type: "rows", stream: "orders", slice: "s", rows: [{ id: 1, total: "2.50" }] } as const;
    },
    destination: memory.tables({
      orders: { key: ["id"], ...(columns === undefined ? {} : { columns }) },
      lines: { name: "order_lines", key: ["id"], columns: { id: "integer" } },
    }),
  });

const define = (of: Pipeline, dryRun = false): Promise<readonly DefinedTable[]> =>
  defineTables({ pipeline: of, environment, run: newRun(), attempts, dryRun });

const outcome = (tables: readonly DefinedTable[]): unknown =>
  tables.map(({ table, state, reason }) => [table, state, ...(reason === undefined ? [] : [reason])]);

test("tables with declared columns are made once, and those without are told with the reason", async () => {
  const memory = memoryDestination();
  expect(outcome(await define(orders(memory)))).toEqual([
    ["orders", "inferred", "no columns are declared"],
    ["order_lines", "created"],
  ]);
  expect(outcome(await define(orders(memory, { total: "numeric" })))).toEqual([
    ["orders", "inferred", "the type of id in its key is not declared"],
    ["order_lines", "unchanged"],
  ]);
  expect(Object.keys(memory.snapshot().tables)).toEqual(["order_lines"]);
  const declared = orders(memory, { id: "integer", total: "numeric(10,2)" });
  expect(outcome(await define(declared))).toEqual([
    ["orders", "created"],
    ["order_lines", "unchanged"],
  ]);
  const report = await executeRun({ pipeline: declared, environment, run: newRun(), attempts });
  expect(report).toMatchObject({ status: "succeeded", tables: { orders: { inserted: 1 } } });
  const wider = orders(memory, { id: "integer", total: "numeric(10,2)", note: "text" });
  expect(outcome(await define(wider))).toEqual([
    ["orders", "changed"],
    ["order_lines", "unchanged"],
  ]);
});

test("a table whose mode the source may decide is left to the first run", async () => {
  const memory = memoryDestination();
  const loose = pipeline("loose", {
    source: () => [],
    destination: memory.table("loose", { columns: { id: "integer" } }),
  });
  expect(outcome(await define(loose))).toEqual([["loose", "inferred", "neither a mode nor a key is given"]]);
});

test("a dry run tells the same and makes nothing", async () => {
  const memory = memoryDestination();
  const [, lines] = await define(orders(memory), true);
  expect(lines).toMatchObject({
    state: "created",
    changes: [{ kind: "create-table" }, { kind: "create-history" }],
  });
  expect(memory.snapshot().tables).toEqual({});
});

test("an interrupted run still goes on where it was", async () => {
  const memory = memoryDestination();
  const destination = memory.table("people", { key: ["id"], columns: { id: "integer" } });
  const source = async function* () {
    yield { type: "begin", stream: "people" } as const;
    yield { type: "rows", stream: "people", slice: "s", rows: [{ id: 1 }] } as const;
    yield { type: "checkpoint", slice: "s", state: 1 } as const;
    throw new Error("no more today");
  };
  const people = pipeline("people", { source, destination, commit: { rows: 1 }, retry: { attempts: 1 } });
  const interrupted = await executeRun({ pipeline: people, environment, run: newRun(), attempts });
  expect(interrupted).toMatchObject({ status: "failed", tables: { people: { inserted: 1 } } });
  const before = memory.snapshot();
  const more = memory.table("people", { key: ["id"], columns: { id: "integer", name: "text" } });
  expect(outcome(await define(pipeline("people", { source, destination: more })))).toEqual([
    ["people", "changed"],
  ]);
  expect(memory.snapshot().checkpoints).toEqual(before.checkpoints);
  expect(memory.snapshot().openEpochs).toEqual(before.openEpochs);
  const next = await executeRun({
    pipeline: pipeline("people", { source: () => [], destination: more }),
    environment,
    run: newRun(),
    attempts,
  });
  expect(next).toMatchObject({ resumed: true, run: interrupted.run });
});
