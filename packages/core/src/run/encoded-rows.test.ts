import { expect, test } from "vitest";
import type { EncodedRows, EncodedShape } from "../encoded-rows.ts";
import type { Message } from "../message.ts";
import { pipeline, type PipelineOptions } from "../pipeline.ts";
import { range } from "../quality/rules/range.ts";
import type { Row } from "../row.ts";
import { TableShaper } from "../schema/shaper.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import type { Source } from "../source.ts";
import type { ResolvedTableOptions } from "../table-options.ts";
import { memoryDestination } from "../testing/index.ts";
import { executeRun, type ExecuteOptions } from "./execute.ts";
import type { RunReport } from "./report.ts";

const COLUMNS: readonly ColumnDefinition[] = [
  { name: "id", type: { kind: "integer" }, nullable: false },
  { name: "name", type: { kind: "text" } },
];

function encoded(rows: readonly Row[]): EncodedRows {
  return {
    format: "test",
    columns: COLUMNS,
    key: ["id"],
    count: rows.length,
    chunks: [Buffer.from(JSON.stringify(rows))],
    decode: () => [...rows],
    last: () => rows.at(-1),
  };
}

let attempt = 0n;
let runs = 0;

function run(options: PipelineOptions, more: Partial<ExecuteOptions> = {}): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("people", options),
    environment: { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) },
    run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    ...more,
  });
}

const people = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i, name: `n${from + i}` }));
const message = (slice: string, rows: readonly Row[]): Message => ({
  type: "encoded",
  stream: "people",
  slice,
  encoded: encoded(rows),
});
const sourceOf = (messages: readonly Message[]) => ({
  read: async function* () {
    yield* messages;
  },
});

test("encoded rows are decoded where the destination does not take them, and land as rows do", async () => {
  const memory = memoryDestination();
  const messages: Message[] = [
    { type: "schema", stream: { name: "people", key: ["id"], columns: COLUMNS } },
    { type: "begin", stream: "people" },
    message("a", people(0, 3)),
    { type: "checkpoint", slice: "a", state: 3 },
    message("a", people(3, 5)),
    { type: "complete", stream: "people" },
  ];
  const destination = memory.table("people", { key: ["id"], mode: "merge" });
  const report = await run({ source: sourceOf(messages), destination });
  expect(report.tables["people"]).toMatchObject({ read: 5, inserted: 5 });
  expect((await run({ source: sourceOf(messages), destination })).tables["people"]).toMatchObject({
    unchanged: 5,
  });
});

test("encoded rows of a slice that is held back wait for its checkpoint", async () => {
  const memory = memoryDestination();
  const messages: Message[] = [
    message("a", people(0, 2)),
    message("b", people(2, 4)),
    { type: "checkpoint", slice: "b", state: 1 },
    message("a", people(4, 6)),
    { type: "checkpoint", slice: "a", state: 1 },
  ];
  const destination = memory.table("people", { mode: "append" });
  const report = await run({ source: sourceOf(messages), destination, commit: { rows: 1 } });
  expect(report.tables["people"]).toMatchObject({ inserted: 6 });
});

test("transforms and limits see the rows of encoded messages", async () => {
  const memory = memoryDestination();
  const source = sourceOf([message("a", people(0, 10))]);
  const transformed = await run({
    source,
    transforms: [(row) => (Number(row["id"]) % 2 === 0 ? row : null)],
    destination: memory.table("even", { mode: "append" }),
  });
  expect(transformed.tables["even"]).toMatchObject({ inserted: 5 });
  const limited = await run({ source, destination: memory.table("few", { mode: "append" }) }, { limit: 4 });
  expect(limited.tables["few"]).toMatchObject({ read: 4, inserted: 4 });
});

const capabilities = memoryDestination()
  .table("t")
  .destination({
    directory: ".",
    databaseUrl: () => Promise.reject(new Error("unused")),
  });

async function shapeFor(
  options: Partial<ResolvedTableOptions>,
  existing: readonly ColumnDefinition[] | undefined,
  shape: EncodedShape,
): Promise<EncodedShape | undefined> {
  const shaper = new TableShaper({
    table: "t",
    options: { contract: "evolve", removals: "archive", maxRemovedShare: 0.5, ...options },
    capabilities: (await capabilities).capabilities,
    declared: shape.columns,
    ...(existing === undefined
      ? {}
      : { existing: { name: "t", columns: existing, key: [], mode: "append" } }),
  });
  return shaper.encodedShape(shape);
}

const shape: EncodedShape = { format: "test", columns: COLUMNS, key: ["id"] };

test.each<
  [string, Partial<ResolvedTableOptions>, readonly ColumnDefinition[] | undefined, EncodedShape, boolean]
>([
  ["a new table", { mode: "append" }, undefined, shape, true],
  ["a table that compares", { mode: "merge", key: ["id"] }, undefined, shape, false],
  ["a table that is overwritten by key", { mode: "upsert", key: ["id"] }, undefined, shape, false],
  ["replace with the source's key", { mode: "replace", key: ["id"] }, undefined, shape, true],
  ["replace with another key", { mode: "replace", key: ["name"] }, undefined, shape, false],
  [
    "replace with a key where none is known",
    { mode: "replace", key: ["id"] },
    undefined,
    { ...shape, key: [] },
    false,
  ],
  ["a wider column", { mode: "append" }, [{ name: "id", type: { kind: "bigint" } }], shape, false],
  ["a column more", { mode: "append" }, [...COLUMNS, { name: "x", type: { kind: "text" } }], shape, false],
  ["another type of the user's", { mode: "append", columns: { name: "json" } }, undefined, shape, false],
  [
    "a shared table",
    { mode: "append", discriminator: { column: "name", value: "mine" } },
    undefined,
    shape,
    false,
  ],
])("%s: %j", async (_title, options, existing, given, taken) => {
  expect((await shapeFor(options, existing, given)) !== undefined).toBe(taken);
});

test("encoded columns get the table's names", async () => {
  const columns: ColumnDefinition[] = [{ name: "userId", type: { kind: "integer" }, nullable: false }];
  const renamed = await shapeFor({ mode: "append" }, undefined, { format: "test", columns, key: ["userId"] });
  expect(renamed).toMatchObject({ columns: [{ name: "user_id" }], key: ["user_id"] });
});

test("rows that rules look at are not asked for as they are encoded, and are decoded where they come so", async () => {
  const memory = memoryDestination({ capabilities: { encodings: ["test"] } });
  const asked: (readonly string[])[] = [];
  const source: Source = {
    read: async function* ({ encodings }) {
      asked.push(encodings ?? []);
      yield message("a", people(0, 10));
    },
  };
  const destination = memory.table("people", { mode: "append" });
  await run({ source, destination });
  const rule = range("id", { max: 7, severity: "quarantine" });
  const report = await run({ source, destination, quality: [rule] });
  expect(asked).toEqual([["test"], []]);
  expect(report.tables["people"]).toMatchObject({ read: 10, inserted: 8, rejected: 2 });
});
