import { TestPipeline } from "@millrace/core/testing";
import type { TableOptions } from "@millrace/core";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";
import { relationalDestination } from "../shared/relational/index.ts";
import { sqlServerDialect } from "./dialect/sqlserver-dialect.ts";
import { settingsOf } from "./test/connection-to.ts";
import { Emulator, prepareEmulated } from "./test/emulator/emulator.ts";
import { storedRows } from "./test/stored-rows.ts";

/**
 * Every statement that a destination sends, by write mode, as files that people read: fixtures/golden/*.sql. A change in one
 * of them is to be looked at as a change of the product. They are T-SQL for SQL Server 2016 and newer; the dialect `tsql` of
 * sqlfluff parses all but INSERT BULK, which is no statement of the language but of the protocol.
 */

const RUN = "aaaaaaaa-0000-4000-8000-00000000000";

let database: FreshDatabase;
let emulator: Emulator;
beforeAll(async () => {
  database = await freshDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  await prepareEmulated(client);
  await client.end();
  emulator = await Emulator.start(database.url);
});
afterAll(async () => {
  await emulator.close();
  await database.drop();
});

let attempts = 0n;

async function opened(pipeline: string): Promise<TestPipeline> {
  const dialect = sqlServerDialect({ settings: settingsOf(emulator.server), schema: undefined });
  const destination = relationalDestination(dialect);
  const attempt = ++attempts;
  const run = `${RUN}${attempt % 10n}`;
  const session = await destination.open({ pipeline, attempt, run });
  return new TestPipeline({ destination, session, run, attempt });
}

/** What was sent since the last call, in order, what varies made the same. */
function sent(): string {
  const lines = emulator.server.requests.flatMap((request) => {
    if (request.kind === "transaction") return [`-- ${request.action}`];
    if (request.kind === "bulk") return [`-- ${request.rows.length} rows`];
    return "text" in request && !request.text.startsWith("set ansi_nulls") ? [`${request.text};`] : [];
  });
  emulator.server.requests.length = 0;
  return `${lines.join("\n\n")}\n`
    .replace(/N'20\d\d-\d\d-\d\d(T[\d:.]+Z)'/g, "N'2026-01-01T00:00:00Z'")
    .replace(/N'millrace:[0-9a-f]{20}'/g, "N'millrace:0'")
    .replace(/\[#millrace_(\w+?)_\d+\]/g, "[#millrace_$1]")
    .replace(/(millrace_stage_)\d+(_idx\d)/g, "$1$2")
    .replace(/\[(seen|side)_[0-9a-f]{16}/g, "[$1_0")
    .replace(/(seen|side)_[0-9a-f]{16}_/g, "$1_0_");
}

async function golden(name: string): Promise<void> {
  await expect(sent()).toMatchFileSnapshot(`fixtures/golden/${name}.sql`);
}

it("creates its state once", async () => {
  sent();
  const pipeline = await opened("first");
  await golden("state");
  await pipeline.close();
  sent();
});

const ROWS = [
  { id: 1, name: "a", amount: "1.5" },
  { id: 2, name: "b", amount: null },
];
const TYPES = { amount: "numeric(12,2)", name: "text" };

it.each([
  ["append", { mode: "append", columns: TYPES }],
  ["upsert", { mode: "upsert", key: ["id"], columns: TYPES }],
  ["replace", { mode: "replace", columns: TYPES }],
  ["snapshot", { mode: "snapshot", columns: TYPES }],
] as const)("writes in mode %s", async (mode, options) => {
  const pipeline = await opened(mode);
  sent();
  await pipeline.table(`${mode}_table`, options as TableOptions);
  await pipeline.read(`${mode}_table`, ROWS);
  await pipeline.commit({ checkpoints: { main: { page: 1 } } });
  await pipeline.close();
  await golden(mode);
});

it("merges: inserts, updates with history, removals and restored rows", async () => {
  const pipeline = await opened("merge");
  sent();
  await pipeline.table("merge_table", { key: ["id"], columns: TYPES });
  await pipeline.read("merge_table", ROWS);
  await pipeline.commit();
  await golden("merge-first");
  await pipeline.read("merge_table", [{ id: 1, name: "changed", amount: "1.5" }]);
  await pipeline.commit();
  await golden("merge-update-and-remove");
  await pipeline.read("merge_table", [
    { id: 1, name: "changed", amount: "1.5" },
    { id: 2, name: "back" },
  ]);
  await pipeline.commit();
  await golden("merge-restore");
  await pipeline.close();
});

it("keys tables by texts, which SQL Server pads before it compares them", async () => {
  const pipeline = await opened("texts");
  sent();
  await pipeline.table("text_table", { key: ["region", "code"] });
  await pipeline.read("text_table", [{ region: "é", code: "a", n: 1 }]);
  await pipeline.commit();
  await pipeline.read("text_table", [{ region: "é", code: "a", n: 2 }]);
  await pipeline.commit();
  await pipeline.close();
  await golden("merge-text-key");
});

it("remembers what an open epoch has seen", async () => {
  const pipeline = await opened("epochs");
  sent();
  await pipeline.table("epoch_table", { key: ["id"] });
  const epoch = pipeline.begin("epoch_table");
  await pipeline.write("epoch_table", [{ id: 1 }]);
  await pipeline.commit();
  await pipeline.write("epoch_table", [{ id: 2 }]);
  pipeline.complete(epoch);
  await pipeline.commit();
  await pipeline.close();
  await golden("merge-open-epoch");
});

it("widens columns and keys", async () => {
  const pipeline = await opened("widening");
  sent();
  await pipeline.table("wide_table", { key: ["id"] });
  await pipeline.read("wide_table", [{ id: 1, a: 1, b: true, c: 0.5, d: "2026-01-01" }]);
  await pipeline.commit();
  sent();
  await pipeline.read("wide_table", [
    { id: "x", a: 5_000_000_000, b: "text", c: "text", d: "2026-01-01T10:00:00" },
  ]);
  await pipeline.commit();
  await pipeline.close();
  await golden("widen");
});

it("has a column of every type", async () => {
  const pipeline = await opened("types");
  sent();
  const kinds = (
    "boolean smallint integer bigint numeric numeric(12,2) numeric(50,3) real double text date time timestamp " +
    "timestamptz interval uuid json bytea text[]"
  ).split(" ");
  const columns = Object.fromEntries(kinds.map((kind, index) => [`c${index}`, kind]));
  await pipeline.table("type_table", { mode: "append", columns });
  await pipeline.write("type_table", [{ c0: true }]);
  await pipeline.commit();
  await pipeline.close();
  await golden("types");
});

it("reads a table back", async () => {
  const dialect = sqlServerDialect({ settings: settingsOf(emulator.server), schema: undefined });
  const destination = relationalDestination(dialect);
  sent();
  const inspector = await destination.inspect();
  expect(await inspector.verify("merge_table")).toMatchObject({ rows: 2, equal: 2 });
  expect((await inspector.history("merge_table", { id: "2" })).length).toBe(2);
  await inspector.close();
  await golden("inspect");
});

it("tells keys apart that differ in case, in accents or in spaces at their end", async () => {
  const pipeline = await opened("spaces");
  const keys = ["a", "a ", "a  ", "A", "á", " a", ""];
  await pipeline.table("space_table", { key: ["k"] });
  await pipeline.read(
    "space_table",
    keys.map((k) => ({ k, n: 1 })),
  );
  expect((await pipeline.commit()).tables["space_table"]).toMatchObject({ inserted: 7, duplicates: 0 });
  await pipeline.read("space_table", [...keys.map((k) => ({ k, n: k === "a " ? 2 : 1 })), { k: "a ", n: 3 }]);
  const second = await pipeline.commit();
  expect(second.tables["space_table"]).toMatchObject({ updated: 1, unchanged: 6, duplicates: 1 });
  const epoch = pipeline.begin("space_table");
  await pipeline.write("space_table", [
    { k: "a", n: 1 },
    { k: "a ", n: 3 },
  ]);
  await pipeline.commit();
  await pipeline.write("space_table", [
    { k: "A", n: 1 },
    { k: "a  ", n: 1 },
  ]);
  pipeline.complete(epoch);
  const third = await pipeline.commit();
  expect(third.tables["space_table"]).toMatchObject({ removed: 3, updated: 0 });
  await pipeline.close();
  const dialect = sqlServerDialect({ settings: settingsOf(emulator.server), schema: undefined });
  const rows = await storedRows(dialect, "space_table");
  expect(rows.map(({ k, n }) => [k, n])).toEqual(
    expect.arrayContaining([
      ["a", 1],
      ["a ", 3],
      ["a  ", 1],
      ["A", 1],
    ]),
  );
  expect(rows.length).toBe(4);
  sent();
});
