import { describe, expect, test } from "vitest";
import type { RunEvent } from "../events.ts";
import { pipeline, type PipelineOptions } from "../pipeline.ts";
import type { Row } from "../row.ts";
import { executeRun, type ExecuteOptions } from "../run/execute.ts";
import type { RunReport } from "../run/report.ts";
import type { Source } from "../source.ts";
import { failing, manualClock, memoryDestination, memorySource, reading } from "../testing/index.ts";
import { checkRow } from "./rules/check-row.ts";
import { checkTable } from "./rules/check-table.ts";
import { foreignKey } from "./rules/foreign-key.ts";
import { freshness } from "./rules/freshness.ts";
import { notNull } from "./rules/not-null.ts";
import { nullShare } from "./rules/null-share.ts";
import { oneOf } from "./rules/one-of.ts";
import { pattern } from "./rules/pattern.ts";
import { range } from "./rules/range.ts";
import { schemaDrift } from "./rules/schema-drift.ts";
import { sqlCheck } from "./rules/sql-check.ts";
import { unique } from "./rules/unique.ts";
import { volume } from "./rules/volume.ts";
import type { QualityRule } from "./quality-rule.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("no database here")) };
let attempt = 0n;
let runs = 0;

function run(options: PipelineOptions, more: Partial<ExecuteOptions> = {}): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("shop", options),
    environment,
    run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    ...more,
  });
}

const fromRows = (rows: readonly Row[]) =>
  function* (): Generator<Row> {
    yield* rows;
  };

/** Runs one rule over rows and tells what it came to. */
async function judged(rule: QualityRule, rows: readonly Row[], more: Partial<ExecuteOptions> = {}) {
  const memory = memoryDestination();
  const report = await run(
    { source: fromRows(rows), destination: memory.table("t", { key: ["id"] }), quality: [rule] },
    more,
  );
  return report.quality?.[0];
}

const numbered = (name: string, ...values: readonly unknown[]): Row[] =>
  values.map((value, id) => ({ id, [name]: value }));

describe("rules on rows", () => {
  test.each<[string, QualityRule, readonly unknown[], number]>([
    ["notNull finds nulls", notNull("v"), [1, null, undefined], 2],
    ["notNull of several columns wants all of them", notNull("id", "v"), [1, null], 1],
    ["range has its bounds within", range("v", { min: 0, max: 10 }), [0, 10, -1, 11, null], 2],
    [
      "range compares large integers exactly",
      range("v", { max: 9007199254740993n }),
      [9007199254740992n, 9007199254740994n],
      1,
    ],
    [
      "range compares decimals exactly",
      range("v", { max: "9007199254740993.5" }),
      [9007199254740993n, 2n ** 70n],
      1,
    ],
    ["range fails NaN", range("v", { min: 0 }), [0.5, Number.NaN], 1],
    [
      "range compares times with ISO texts",
      range("v", { min: "2026-01-01T00:00:00Z" }),
      [new Date("2025-12-31T23:59:59Z"), new Date("2026-01-01")],
      1,
    ],
    ["range reads numbers from texts", range("v", { min: 5 }), ["10", "4", "many"], 2],
    ["range compares texts with texts", range("v", { max: "m" }), ["a", "z"], 1],
    ["pattern looks at texts", pattern("v", /^[a-z]+$/), ["abc", "ABC", null], 1],
    ["pattern remembers nothing", pattern("v", /a/g), ["a", "a", "a", "a"], 0],
    [
      "pattern looks at the text of other types",
      pattern("v", /^2026-/),
      [new Date("2026-01-01"), new Date("2025-01-01")],
      1,
    ],
    ["oneOf compares values", oneOf("v", ["a", "b"]), ["a", "b", "c", null], 1],
    ["oneOf compares numbers as numbers", oneOf("v", [1, 2]), [1, 2, 3], 1],
    [
      "oneOf compares dates",
      oneOf("v", [new Date("2026-01-01")]),
      [new Date("2026-01-01"), new Date("2026-01-02")],
      1,
    ],
    ["checkRow asks a function", checkRow("even", ({ v }) => Number(v) % 2 === 0), [2, 4, 5], 1],
  ])("%s", async (_, rule, values, failures) => {
    expect(await judged(rule, numbered("v", ...values))).toMatchObject({
      failures,
      checked: values.length,
      status: failures === 0 ? "passed" : "failed",
    });
  });

  test("tell the key and the column of rows that fail, and mask what is called like a secret", async () => {
    const result = await judged(notNull("name", "api_key", { samples: 1 }), [
      { id: 1, name: null, api_key: "hunter2hunter2", other: "x" },
      { id: 2, name: null },
    ]);
    expect(result?.samples).toEqual([{ id: "1", api_key: "***", name: null }]);
    expect(result).toMatchObject({ observed: 1, failures: 2 });
  });

  test("a function that throws counts as failing, one that answers nothing fails the run", async () => {
    const throwing = checkRow("throws", () => {
      throw new Error("no");
    });
    expect(await judged(throwing, numbered("v", 1))).toMatchObject({ status: "failed", failures: 1 });
    const memory = memoryDestination();
    const silent = checkRow("later", (() => Promise.resolve(true)) as unknown as () => boolean);
    const report = await run({
      source: fromRows(numbered("v", 1)),
      destination: memory.table("t", { key: ["id"] }),
      quality: [silent],
    });
    expect(report.error).toMatchObject({ code: "MLR_PIPELINE_INVALID" });
  });

  test("a bound that cannot be compared with the column fails the run", async () => {
    const memory = memoryDestination();
    const report = await run({
      source: fromRows([{ id: 1, at: new Date() }]),
      destination: memory.table("t", { key: ["id"] }),
      quality: [range("at", { min: "soon" })],
    });
    expect(report.error).toMatchObject({ code: "MLR_PIPELINE_INVALID" });
    expect(memory.snapshot().tables).toEqual({});
  });

  test("columns are found under the names that rows have", async () => {
    expect(await judged(range("Unit Price", { max: 5 }), numbered("Unit Price", 1, 9))).toMatchObject({
      failures: 1,
      samples: [{ id: "1", unit_price: "9" }],
    });
  });

  test("a column that the table does not have is told", async () => {
    expect(await judged(range("prise", { min: 0 }), numbered("price", 1))).toMatchObject({
      status: "skipped",
      reason: 'the table has no column "prise"',
    });
  });
});

describe("severities", () => {
  test("warn reports, and the rows land", async () => {
    const memory = memoryDestination();
    const events: RunEvent[] = [];
    const report = await run(
      {
        source: fromRows(numbered("v", 1, -1)),
        destination: memory.table("t", { key: ["id"] }),
        quality: [range("v", { min: 0 })],
      },
      { observe: (event) => events.push(event) },
    );
    expect(report.status).toBe("succeeded");
    expect(memory.rows("t")).toHaveLength(2);
    const told = events.filter(({ type }) => type === "quality");
    expect(told).toMatchObject([
      { table: "t", rule: "range(v)", severity: "warn", status: "failed", observed: 0.5, failures: 1 },
    ]);
    expect(events.findIndex(({ type }) => type === "quality")).toBeGreaterThan(
      events.findIndex(({ type }) => type === "committed"),
    );
  });

  test("fail keeps the commit from landing, says how many rows and which, and is not tried again", async () => {
    const memory = memoryDestination();
    const events: RunEvent[] = [];
    const report = await run(
      {
        source: fromRows(numbered("v", 1, -1, -2)),
        destination: memory.table("t", { key: ["id"] }),
        quality: [range("v", { min: 0, severity: "fail" }), notNull("id")],
      },
      { observe: (event) => events.push(event) },
    );
    expect(report).toMatchObject({
      status: "failed",
      error: {
        code: "MLR_QUALITY_FAILED",
        message: expect.stringContaining(
          'quality rule "range(v)" of table "t" (at least 0): 2 of 3 rows failed, such as {"id":"1","v":"-1"}',
        ),
      },
    });
    expect(memory.snapshot().tables).toEqual({});
    expect(events.filter(({ type }) => type === "retrying")).toEqual([]);
    expect(events.filter(({ type }) => type === "quality")).toMatchObject([
      { rule: "range(v)", status: "failed" },
      { rule: "notNull(id)", status: "passed" },
    ]);
  });

  test("fail in a later commit lets the earlier ones stand", async () => {
    const memory = memoryDestination();
    const report = await run({
      source: memorySource(
        reading({ stream: "t", rows: numbered("v", 1, 2, -3, 4), batchRows: 1, checkpointEvery: 1 }),
      ),
      destination: memory.table("t", { key: ["id"] }),
      commit: { rows: 1 },
      quality: [range("v", { min: 0, severity: "fail" })],
    });
    expect(report.error?.code).toBe("MLR_QUALITY_FAILED");
    expect(memory.rows("t").map(({ id }) => id)).toEqual([0, 1]);
  });

  test("quarantine takes the rows out with the rule as the reason, and other rules do not see them", async () => {
    const memory = memoryDestination();
    const report = await run({
      source: fromRows(numbered("v", 1, -1, 500)),
      destination: memory.table("t", { key: ["id"] }),
      quality: [
        range("v", { max: 1_000, severity: "fail" }),
        range("v", { min: 0, severity: "quarantine", name: "not below zero" }),
        checkRow("small", ({ v }) => Number(v) < 100, { severity: "quarantine" }),
      ],
    });
    expect(report).toMatchObject({
      status: "succeeded",
      tables: { t: { read: 3, inserted: 1, rejected: 2 } },
      quality: [
        { rule: "range(v)", status: "passed", checked: 1 },
        { rule: "not below zero", status: "failed", checked: 3, failures: 1 },
        { rule: "small", status: "failed", checked: 2, failures: 1 },
      ],
    });
    expect(memory.rows("t")).toEqual([{ id: 0, v: 1 }]);
    expect(memory.rows("t__quarantine").map(({ code, reason, row }) => [code, reason, row])).toEqual([
      ["MLR_ROW_QUALITY", "not below zero", '{"id":1,"v":-1}'],
      ["MLR_ROW_QUALITY", "small", '{"id":2,"v":500}'],
    ]);
  });

  test("a row in the quarantine counts as seen: what the table holds under its key stays", async () => {
    const memory = memoryDestination();
    const destination = memory.table("t", { key: ["id"] });
    const quality = [range("v", { min: 0, severity: "quarantine" })];
    await run({ source: fromRows(numbered("v", 1, 2, 3)), destination, quality });
    const report = await run({ source: fromRows(numbered("v", 1, -2)), destination, quality });
    expect(report.tables["t"]).toMatchObject({ unchanged: 1, rejected: 1, removed: 1 });
    expect(memory.rows("t")).toEqual([
      { id: 0, v: 1 },
      { id: 1, v: 2 },
    ]);
  });

  test("rows that are taken out keep the hashes of the others in order", async () => {
    const memory = memoryDestination();
    const rows = Array.from({ length: 5_000 }, (_, id) => ({ id, v: id % 3 === 0 ? -1 : id }));
    const options = {
      source: fromRows(rows),
      destination: memory.table("t", { key: ["id"] }),
      quality: [range("v", { min: 0, severity: "quarantine" })],
    };
    await run(options);
    const inspector = await memory.inspect();
    expect(await inspector.verify("t")).toMatchObject({ rows: 3_333, different: 0 });
    expect((await run(options)).tables["t"]).toMatchObject({ unchanged: 3_333, rejected: 1_667, removed: 0 });
  });
});

describe("rules on tables", () => {
  test("unique looks at what the table will hold, also at rows of earlier runs", async () => {
    const memory = memoryDestination();
    const destination = memory.table("t", { key: ["id"], removals: "keep" });
    const quality = [unique("mail", { severity: "fail" })];
    await run({ source: fromRows([{ id: 1, mail: "a@x" }]), destination, quality });
    const before = memory.snapshot();
    const report = await run({
      source: fromRows([{ id: 2, mail: "a@x" }, { id: 3 }, { id: 4 }]),
      destination,
      quality,
    });
    expect(report.error).toMatchObject({ code: "MLR_QUALITY_FAILED" });
    expect(report.quality).toMatchObject([{ observed: 2, failures: 2, status: "failed" }]);
    expect(memory.snapshot().tables).toEqual(before.tables);
    const moved = [
      { id: 1, mail: "b@x" },
      { id: 2, mail: "a@x" },
    ];
    expect((await run({ source: fromRows(moved), destination, quality })).status).toBe("succeeded");
  });

  test("foreignKey finds rows that refer to nothing, in tables of the same commit", async () => {
    const memory = memoryDestination();
    const source = memorySource([
      ...reading({ stream: "countries", rows: [{ code: "fr" }] }),
      ...reading({
        stream: "orders",
        rows: [
          { id: 1, country: "fr" },
          { id: 2, country: "xx" },
          { id: 3, country: null },
        ],
      }),
    ]);
    const report = await run({
      source,
      destination: memory.tables({ countries: { key: ["code"] }, orders: { key: ["id"] } }),
      quality: { orders: [foreignKey("country", { table: "countries", column: "code" })] },
    });
    expect(report.quality).toMatchObject([
      { table: "orders", status: "failed", failures: 1, samples: [{ id: "2", country: "xx" }] },
    ]);
  });

  test("freshness measures the age of the newest value, also in runs that bring nothing", async () => {
    const clock = manualClock(Date.parse("2026-11-22T12:00:00Z"));
    const memory = memoryDestination({ clock });
    const destination = memory.table("t", { key: ["id"], removals: "keep" });
    const quality = [freshness("at", { maxAge: "2 hours" })];
    const rows = [{ id: 1, at: new Date("2026-11-22T11:00:00Z") }];
    const first = await run({ source: fromRows(rows), destination, quality }, { clock });
    expect(first.quality).toMatchObject([{ status: "passed", observed: "2026-11-22T11:00:00.000Z" }]);
    await clock.advance(2 * 3_600_000);
    const second = await run({ source: fromRows([]), destination, quality }, { clock });
    expect(second.quality).toMatchObject([{ status: "failed", failures: 1 }]);
  });

  test("volume counts the rows that a run brings, and a run without any fails a minimum", async () => {
    const rule = volume({ min: 2, max: 3 });
    expect(await judged(rule, numbered("v", 1, 2))).toMatchObject({ status: "passed", observed: 2 });
    expect(await judged(rule, numbered("v", 1, 2, 3, 4))).toMatchObject({ status: "failed", observed: 4 });
    expect(await judged(rule, [])).toMatchObject({ status: "failed", observed: 0 });
    expect(await judged(rule, numbered("v", 1, 2, 3), { limit: 1 })).toMatchObject({ status: "skipped" });
  });

  test("volume compares with past runs, and says where there are too few", async () => {
    const rule = volume({ history: { minRuns: 3, k: 3 } });
    const past = (...values: number[]) => ({ history: { observed: () => Promise.resolve(values) } });
    const rows = numbered("v", ...Array.from({ length: 50 }, (_, i) => i));
    expect(await judged(rule, rows, past(50, 52, 49, 51))).toMatchObject({ status: "passed", observed: 50 });
    expect(await judged(rule, rows, past(500, 510, 505))).toMatchObject({
      status: "failed",
      expected: "455 to 555 rows (median 505 of 3 runs)",
    });
    expect(await judged(rule, rows, past(500))).toMatchObject({ status: "skipped", observed: 50 });
    const broken = { history: { observed: () => Promise.reject(new Error("down")) } };
    expect(await judged(rule, rows, broken)).toMatchObject({ status: "skipped", observed: 50 });
  });

  test("nullShare is judged over the whole run", async () => {
    const rule = nullShare("v", { max: 0.5, severity: "fail" });
    const memory = memoryDestination();
    const source = memorySource(
      reading({ stream: "t", rows: numbered("v", null, 1, null, 2), batchRows: 1, checkpointEvery: 1 }),
    );
    const destination = memory.table("t", { key: ["id"] });
    const report = await run({ source, destination, commit: { rows: 1 }, quality: [rule] });
    expect(report).toMatchObject({
      status: "succeeded",
      quality: [{ observed: 0.5, checked: 4, failures: 2 }],
    });
    expect(await judged(rule, numbered("v", null, null, 1))).toMatchObject({ status: "failed", failures: 2 });
    expect(await judged(rule, [])).toMatchObject({ status: "skipped" });
  });

  test("schemaDrift lets a table begin, and keeps it from growing unexpectedly", async () => {
    const memory = memoryDestination();
    const table = (columns: Record<string, string> = {}) => memory.table("t", { key: ["id"], columns });
    const quality = [schemaDrift({ severity: "fail" })];
    const first = await run({ source: fromRows([{ id: 1, a: 1 }]), destination: table(), quality });
    expect(first.quality).toMatchObject([{ status: "passed" }]);
    const grown = fromRows([{ id: 1, a: 2 ** 40, b: "x" }]);
    const second = await run({ source: grown, destination: table(), quality });
    expect(second.error?.code).toBe("MLR_QUALITY_FAILED");
    expect(second.quality?.[0]?.samples).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ change: "add-column", column: "b" }),
        expect.objectContaining({ change: "widen-column", column: "a" }),
      ]),
    );
    expect(memory.snapshot().tables["t"]?.definition.columns.map(({ name }) => name)).toEqual(["id", "a"]);
    const declared = table({ a: "bigint", b: "text" });
    expect((await run({ source: grown, destination: declared, quality })).quality).toMatchObject([
      { status: "passed" },
    ]);
  });

  test("a destination that cannot be asked refuses fail by name, and leaves warn out with a note", async () => {
    const memory = memoryDestination();
    const options = { source: fromRows([{ id: 1 }]), destination: memory.table("t", { key: ["id"] }) };
    const strict = sqlCheck("SELECT 1", { severity: "fail", name: "never" });
    const refused = await run({ ...options, quality: [strict] });
    expect(refused.error).toMatchObject({
      code: "MLR_PIPELINE_INVALID",
      message: expect.stringContaining('quality rule "never" of table "t"'),
    });
    expect(memory.snapshot().tables).toEqual({});
    const events: RunEvent[] = [];
    const report = await run(
      { ...options, quality: [checkTable("asks", () => true)] },
      { observe: (event) => events.push(event) },
    );
    expect(report.quality).toMatchObject([{ rule: "asks", status: "skipped" }]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "log", level: "warn", message: expect.stringContaining('"asks"') }),
    );
  });

  test("a destination that can be asked after a commit alone judges warn then, and refuses fail", async () => {
    const memory = memoryDestination({
      capabilities: { checks: { questions: ["duplicates"], when: "after-commit" } },
    });
    const options = {
      source: fromRows(numbered("v", 1, 1)),
      destination: memory.table("t", { key: ["id"] }),
    };
    const refused = await run({ ...options, quality: [unique("v", { severity: "fail" })] });
    expect(refused.error).toMatchObject({
      code: "MLR_PIPELINE_INVALID",
      message: expect.stringContaining('"unique(v)" of table "t" cannot keep a commit from landing'),
    });
    const report = await run({ ...options, quality: [unique("v")] });
    expect(report).toMatchObject({
      status: "succeeded",
      quality: [{ status: "failed", failures: 2, landed: true }],
    });
    expect(memory.rows("t")).toHaveLength(2);
  });

  test("a dry run looks at rows, and says that it cannot look at tables", async () => {
    const memory = memoryDestination();
    const report = await run(
      {
        source: fromRows(numbered("v", -1)),
        destination: memory.table("t", { key: ["id"] }),
        quality: [range("v", { min: 0 }), unique("v")],
      },
      { dryRun: true },
    );
    expect(report.quality).toMatchObject([
      { rule: "range(v)", status: "failed" },
      { rule: "unique(v)", status: "skipped" },
    ]);
  });
});

describe("a pipeline with rules", () => {
  const memory = memoryDestination();
  const two = memory.tables({ orders: { key: ["id"] }, customers: { key: ["id"] } });
  const define = (quality: PipelineOptions["quality"], destination = memory.table("orders")) =>
    pipeline("shop", { source: fromRows([]), destination, quality: quality ?? [] });

  test.each<[string, () => unknown, string]>([
    [
      "two rules of one name",
      () => define([notNull("a"), notNull("a", { severity: "fail" })]),
      'two quality rules "notNull(a)"',
    ],
    ["rules without a table for several", () => define([notNull("a")], two), "several tables"],
    ["a table that was mistyped", () => define({ ordes: [notNull("a")] }, two), 'table "ordes"'],
    ["something else than rules", () => define(["notNull" as unknown as QualityRule]), "something else"],
    [
      "quarantine on a table",
      () => unique("a", { severity: "quarantine" as "fail" }),
      'cannot have severity "quarantine"',
    ],
    [
      "an option that does not exist",
      () => range("a", { min: 1, maximum: 3 } as { min: number }),
      'no option "maximum"',
    ],
    ["no columns", () => notNull({} as unknown as "a"), "needs the name of a column"],
    ["no bounds", () => range("a", {}), "needs min, max or both"],
    ["no duration", () => freshness("a", { maxAge: "soon" }), '"soon", which is no duration'],
  ])("is refused with %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("several tables", () => {
  const streams = (...names: readonly string[]) =>
    memorySource(
      names.flatMap((stream) =>
        reading({
          stream,
          rows: [
            { id: 1, v: -1 },
            { id: 2, v: 1 },
          ],
        }),
      ),
    );

  test("rules by table are for those tables alone, also by the name with its namespace", async () => {
    const memory = memoryDestination();
    const report = await run({
      source: streams("a", "b", "c"),
      destination: memory.tables({
        a: { key: ["id"] },
        b: { key: ["id"], name: "bees", namespace: "hive" },
        c: { key: ["id"] },
      }),
      quality: { a: [range("v", { min: 0 })], "hive.bees": [range("v", { max: 0 })] },
    });
    expect(report.quality?.map(({ table, failures }) => [table, failures])).toEqual([
      ["a", 1],
      ["bees", 1],
    ]);
  });

  test("rules without a table are for each table where none is named before", async () => {
    const memory = memoryDestination();
    const named = memory.tables({ a: { key: ["id"] }, b: { key: ["id"] } });
    const { streams: _, tables: _tables, ...anything } = named;
    const report = await run({
      source: streams("a", "b"),
      destination: { ...anything, tableFor: (stream) => named.tableFor(stream) },
      quality: [range("v", { min: 0 }), unique("v")],
    });
    expect(report.quality?.map(({ table, rule, status }) => [table, rule, status])).toEqual([
      ["a", "range(v)", "failed"],
      ["b", "range(v)", "failed"],
      ["a", "unique(v)", "passed"],
      ["b", "unique(v)", "passed"],
    ]);
  });

  test("a table whose name is cut has its rules", async () => {
    const memory = memoryDestination();
    const report = await run({
      source: fromRows(numbered("v", -1)),
      destination: memory.table("t".repeat(80), { key: ["id"] }),
      quality: [range("v", { min: 0 })],
    });
    expect(report.quality).toMatchObject([{ failures: 1 }]);
  });
});

describe("attempts", () => {
  test("what a failed attempt counted is not counted twice", async () => {
    const memory = memoryDestination();
    let tries = 0;
    const report = await run({
      source: async function* () {
        yield numbered("v", -1, 1);
        if (tries++ === 0) throw new Error("the line broke");
      },
      destination: memory.table("t", { key: ["id"] }),
      retry: { delayMs: 0 },
      quality: [range("v", { min: 0 })],
    });
    expect(report).toMatchObject({ status: "succeeded", quality: [{ checked: 2, failures: 1 }] });
  });

  test.each([
    ["landed", "after-commit" as const, 1],
    ["did not land", "before-commit" as const, 2],
  ])("a commit of unknown outcome that %s is told once", async (_, at, judged) => {
    const memory = memoryDestination();
    const broken = failing(memory, { rules: [{ at }] });
    const events: RunEvent[] = [];
    let readings = 0;
    const report = await run(
      {
        source: function* () {
          readings++;
          yield* numbered("v", -1, 1);
        },
        destination: { ...memory.table("t", { key: ["id"] }), destination: async () => broken },
        retry: { delayMs: 0 },
        quality: [range("v", { min: 0 }), unique("v")],
      },
      { observe: (event) => events.push(event) },
    );
    expect(report).toMatchObject({
      status: "succeeded",
      quality: [
        { rule: "range(v)", checked: 2, failures: 1, landed: true },
        { rule: "unique(v)", status: "passed" },
      ],
    });
    expect(events.filter(({ type }) => type === "quality")).toHaveLength(2);
    expect(readings).toBe(judged);
  });

  test("a source that goes on for ever is judged once a minute, and when it is stopped", async () => {
    const clock = manualClock();
    const memory = memoryDestination({ clock });
    const stop = new AbortController();
    const events: RunEvent[] = [];
    const source: Source = {
      endless: true,
      async *read() {
        for (let id = 0; id < 4; id++) {
          yield { type: "rows", stream: "t", slice: "a", rows: [{ id, v: id - 1 }] };
          yield { type: "checkpoint", slice: "a", state: id };
          await clock.advance(31_000);
        }
        stop.abort();
      },
    };
    await run(
      {
        source,
        destination: memory.table("t", { key: ["id"] }),
        quality: [range("v", { min: 0 }), unique("v")],
      },
      { clock, observe: (event) => events.push(event), signal: stop.signal },
    );
    const told = events.flatMap((event) => (event.type === "quality" ? [event] : []));
    const rows = told.filter(({ rule }) => rule === "range(v)");
    expect(rows.reduce((sum, { checked }) => sum + (checked ?? 0), 0)).toBe(4);
    expect(rows.map(({ failures }) => failures).filter((failures) => failures > 0)).toEqual([1]);
    expect(rows.length).toBeGreaterThan(1);
    expect(told).toHaveLength(2 * rows.length);
  });
});
