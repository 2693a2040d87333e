import { createTables, defineTable, statement, type Database } from "@millrace/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { settingsOf } from "../test/connection-to.ts";
import type { TdsRequest } from "../test/tds/messages.ts";
import { TdsServer, type Answer } from "../test/tds/tds-server.ts";
import { shortText, TYPES } from "../test/tds/wire-type.ts";
import { openDatabase } from "./open-database.ts";

let server: TdsServer;
let database: Database;
beforeEach(async () => {
  server = await TdsServer.start();
  database = await openDatabase(settingsOf(server), { schema: "dbo", maxConnections: 2 });
  server.requests.length = 0;
});
afterEach(async () => {
  await database.close();
  await server.close();
});

const int = (value: number): Buffer => Buffer.from([value, 0, 0, 0]);
const numbers = (...values: number[]): Answer => ({
  sets: [{ columns: [{ name: "n", type: TYPES.int }], rows: values.map((value) => [int(value)]) }],
});

/** sys.columns of a table with `id int`, `name nvarchar(20)` and an IDENTITY. */
function catalog(): Answer {
  const text = shortText(60);
  const names = [
    "object_type",
    "column_name",
    "type_name",
    "max_length",
    "precision",
    "scale",
    "collation_name",
  ];
  const columns = [
    ...names.map((name, index) => ({ name, type: index > 2 && index < 6 ? TYPES.int : text })),
    { name: "is_nullable", type: TYPES.bit },
    ...["is_generated", "has_default"].map((name) => ({ name, type: TYPES.int })),
    { name: "mark", type: text },
  ];
  const utf16 = (value: string): Buffer => Buffer.from(value, "utf16le");
  const row = (name: string, type: string, length: number, generated: number): (Buffer | null)[] => [
    utf16("U"),
    utf16(name),
    utf16(type),
    int(length),
    int(0),
    int(0),
    null,
    Buffer.from([1]),
    int(generated),
    int(0),
    null,
  ];
  return {
    sets: [
      { columns, rows: [row("id", "int", 4, 0), row("name", "nvarchar", 40, 0), row("seq", "int", 4, 1)] },
    ],
  };
}

const catalogOr =
  (other: (request: TdsRequest) => Answer) =>
  (request: TdsRequest): Answer =>
    "text" in request && request.text.includes("AS object_type") ? catalog() : other(request);

describe("statements", () => {
  it("send values as parameters of their type, and nulls of tagged statements as NULL", async () => {
    server.answer = () => numbers(1);
    const values = [
      "é'",
      7,
      2 ** 40,
      1.5,
      10n ** 20n,
      true,
      new Date(0),
      new Uint8Array([1]),
      { a: [1] },
      null,
    ];
    await database.query(statement`SELECT ${values[0]}, ${values[9]}, ${values[1]}`);
    await database.query("SELECT @p1", values);
    expect(server.requests).toMatchObject([
      {
        text: "SELECT @p1, NULL, @p3",
        declarations: "@p1 nvarchar(2), @p3 int",
        values: { "@p1": { value: "é'" }, "@p3": { value: "7" } },
      },
      {
        declarations:
          "@p1 nvarchar(2), @p2 int, @p3 bigint, @p4 float, @p5 decimal(38, 0), @p6 bit, @p7 datetimeoffset(6), @p8 varbinary(1), @p9 nvarchar(9), @p10 nvarchar(1)",
        values: {
          "@p3": { value: "1099511627776" },
          "@p5": { value: "100000000000000000000" },
          "@p7": { value: "1970-01-01 00:00:00.000000 0" },
          "@p8": { value: "0x01" },
          "@p9": { value: '{"a":[1]}' },
          "@p10": { value: null },
        },
      },
    ]);
  });

  it("answer the rows of the first set, with names for columns that have none", async () => {
    const { sets = [] } = numbers(1, 2);
    const unnamed = { columns: [{ name: "", type: TYPES.int }], rows: [[int(9)]] };
    server.answer = () => ({ sets: [...sets, unnamed] });
    expect(await database.query("SELECT n")).toEqual([{ n: 1 }, { n: 2 }]);
    server.answer = () => ({ sets: [unnamed] });
    expect(await database.query("SELECT 9")).toEqual([{ column_1: 9 }]);
  });

  it("tell the number of rows that changed", async () => {
    server.answer = () => ({ rows: 12 });
    expect(await database.execute("UPDATE t SET a = @p1", [1])).toBe(12);
  });

  it("call procedures by their name with values in order", async () => {
    server.answer = () => numbers(42);
    expect(await database.call("sales.double", [21])).toEqual([{ n: 42 }]);
    expect(server.requests).toMatchObject([
      { text: "EXEC [sales].[double] @p1", values: { "@p1": { value: "21" } } },
    ]);
  });

  it("run at the same time on as many connections as are allowed, and wait beyond", async () => {
    server.answer = () => numbers(1);
    await Promise.all(Array.from({ length: 6 }, () => database.query("SELECT n")));
    expect(server.connections).toBe(2);
  });

  it("without values set the session back afterwards, so that nothing they set is left", async () => {
    server.answer = () => ({});
    await database.execute("SET DATEFIRST 1");
    await database.execute("SELECT @p1", [1]);
    const batches = server.requests.flatMap((request) => (request.kind === "batch" ? [request.reset] : []));
    expect(batches).toEqual([false, true]);
  });

  it("go on with another connection where one was lost", async () => {
    server.answer = () => ({ disconnect: true });
    await expect(database.query("SELECT 1")).rejects.toMatchObject({
      code: "MLR_DATABASE_UNAVAILABLE",
      retry: "later",
    });
    server.answer = () => numbers(1);
    expect(await database.query("SELECT 1")).toEqual([{ n: 1 }]);
  });

  it("are refused after the database was closed", async () => {
    await database.close();
    await expect(database.query("SELECT 1")).rejects.toMatchObject({ code: "MLR_DATABASE_FAILED" });
  });
});

describe("streams", () => {
  it("end with MLR_RUN_STOPPED when they are aborted, and the connection can be used on", async () => {
    const set = { columns: [{ name: "n", type: TYPES.int }], rows: [[int(1)]] };
    server.answer = (request) =>
      "text" in request && request.text === "endless" ? { sets: [set], endless: true } : numbers(3);
    const stop = new AbortController();
    const reading = (async () => {
      for await (const batch of database.stream("endless", [], { batchRows: 10, signal: stop.signal })) {
        if (batch.rows.length > 0) stop.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "MLR_RUN_STOPPED" });
    expect(await database.query("SELECT 3")).toEqual([{ n: 3 }]);
  });
});

describe("transactions", () => {
  it("commit what the work did, and refuse statements after their end", async () => {
    server.answer = (request) => (request.kind === "batch" ? { rows: 1 } : {});
    let kept: { execute(text: string): Promise<number> } | undefined;
    const result = await database.transaction(async (statements) => {
      kept = statements;
      await statements.execute("UPDATE a");
      return "done";
    });
    expect(result).toBe("done");
    expect(
      server.requests.map((request) => ("action" in request ? request.action : request.kind)).slice(0, 3),
    ).toEqual(["begin", "batch", "commit"]);
    await expect(kept?.execute("UPDATE b")).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  });

  it("roll back where the work rejects, and tell a deadlock as worth another try", async () => {
    server.answer = (request) =>
      request.kind === "batch" && request.text === "UPDATE a"
        ? { error: { number: 1205, message: "was deadlocked", severity: 13 }, rolledBack: true }
        : {};
    const failing = database.transaction((statements) => statements.execute("UPDATE a"));
    await expect(failing).rejects.toMatchObject({ code: "MLR_DATABASE_FAILED", retry: "later" });
    const other = database.transaction(() => Promise.reject(new Error("changed my mind")));
    await expect(other).rejects.toThrow("changed my mind");
    const actions = server.requests.flatMap((request) =>
      request.kind === "transaction" ? [request.action] : [],
    );
    expect(actions).toEqual(["begin", "begin", "rollback"]);
  });
});

it("reads as of one moment where the database keeps versions of rows, and only there", async () => {
  expect(database.snapshot).toBe(undefined);
  const state = { columns: [{ name: "state", type: TYPES.tinyint }], rows: [[Buffer.from([1])]] };
  server.answer = (request) =>
    "text" in request && request.text.includes("snapshot_isolation_state") ? { sets: [state] } : numbers(1);
  const other = await openDatabase(settingsOf(server), { schema: undefined, maxConnections: 1 });
  server.requests.length = 0;
  const snapshot = await other.snapshot?.();
  expect(await snapshot?.query("SELECT 1")).toEqual([{ n: 1 }]);
  for await (const batch of snapshot?.stream("SELECT 2") ?? []) expect(batch.rows).toEqual([{ n: 1 }]);
  await snapshot?.close();
  await snapshot?.close();
  await expect(snapshot?.query("SELECT 3")).rejects.toMatchObject({ code: "MLR_DATABASE_FAILED" });
  expect(await other.query("SELECT 4")).toEqual([{ n: 1 }]);
  await other.close();
  const isolation = server.requests.flatMap((request) =>
    request.kind === "transaction" ? [[request.action, request.isolation]] : [],
  );
  expect(isolation).toEqual([
    ["begin", 5],
    ["rollback", undefined],
  ]);
});

describe("bulk loads", () => {
  it("send rows in a transaction, by the types of the table", async () => {
    server.answer = catalogOr(() => ({}));
    async function* rows(): AsyncGenerator<Record<string, unknown>> {
      for (let id = 0; id < 3000; id++) yield { id, name: `name ${id}` };
    }
    expect(await database.load(rows(), { table: "people" })).toBe(3000);
    const bulk = server.requests.find((request) => request.kind === "bulk");
    expect(bulk?.kind === "bulk" && [bulk.columns, bulk.rows.length]).toEqual([
      [
        { name: "id", type: "int" },
        { name: "name", type: "nvarchar(20)" },
      ],
      3000,
    ]);
    expect(server.requests.flatMap((request) => ("action" in request ? [request.action] : []))).toEqual([
      "begin",
      "commit",
    ]);
  });

  it("leave nothing where a row cannot be stored or their source fails, and pass on why", async () => {
    server.answer = catalogOr(() => ({}));
    const bad = [{ id: 1 }, { id: "no number" }];
    await expect(database.load(bad, { table: "people" })).rejects.toMatchObject({
      code: "MLR_ROW_INVALID",
      message: expect.stringContaining('column "id": "no number"'),
    });
    function* failing(): Generator<Record<string, unknown>> {
      yield { id: 1 };
      throw new Error("the source broke off");
    }
    await expect(database.load(failing(), { table: "people" })).rejects.toThrow("the source broke off");
    expect(server.requests.flatMap((request) => ("action" in request ? [request.action] : []))).toEqual([
      "begin",
      "rollback",
      "begin",
      "rollback",
    ]);
    expect(await database.load([{ id: 1 }], { table: "people" })).toBe(1);
  });

  it("name columns that are not there, or that the server fills", async () => {
    server.answer = catalogOr(() => ({}));
    await expect(database.load([{ nam: 1 }], { table: "people" })).rejects.toMatchObject({
      hint: 'Did you mean "name"?',
    });
    await expect(database.load([{ seq: 1 }], { table: "people" })).rejects.toThrow(/filled by the server/);
  });
});

it("creates portable tables in T-SQL", async () => {
  const customers = defineTable({
    name: "customers",
    surrogateKey: "id",
    columns: {
      email: { type: "text", nullable: false },
      region: "text",
      credit: "numeric(12,2)",
      tags: "json",
    },
    key: ["email"],
    unique: [["region"]],
    indexes: [["credit"]],
  });
  const orders = defineTable({
    name: "orders",
    namespace: "sales",
    columns: { number: "uuid", customer: "bigint" },
    key: ["number"],
    foreignKeys: [{ columns: ["customer"], references: customers, onDelete: "cascade" }],
  });
  server.answer = () => ({ sets: [] });
  await createTables(database, [orders, customers]);
  const created = server.texts.filter((text) => !text.startsWith("SELECT") && !text.startsWith("set "));
  await expect(`${created.join(";\n\n")};\n`).toMatchFileSnapshot("../fixtures/golden/define-table.sql");
});
