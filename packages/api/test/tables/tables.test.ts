import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { type Json, MillraceError, type RowVersion } from "@millrace/core";
import type { z } from "zod";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type {
  QuarantinePage,
  RowsPage,
  TableChanges,
  TableDetail,
  TablesPage,
} from "../../src/manage/tables/schemas.ts";
import type {
  CollectedTable,
  RowsPage as ReadPage,
  RowsQuery,
  TableColumn,
  TableReader,
} from "../../src/table-reader.ts";
import { type Bed, openBed } from "../bed.ts";
import { seedRuns } from "../seed-runs.ts";

const HOSTILE = `sales.we"ird/täble?`;
const COLUMNS: readonly TableColumn[] = [
  { name: "id", type: "bigint", key: true, own: false },
  { name: "name", type: "text", key: false, own: false },
  { name: "data", type: "json", key: false, own: false },
];
/** What spreadsheets and parsers stumble over. */
const NAMES = [
  "=1+1",
  "-2",
  "-2+3",
  "+SUM(A1)",
  "@x",
  "\t=1",
  '"quoted"',
  "a,b",
  "two\nlines",
  "",
  null,
  " =x",
  "plain",
];

let bed: Bed;
/** What was asked of the reader. */
let asked: { of: string; table: string; query?: unknown }[] = [];
let closedEarly = 0;

const table = (id: string, more: Partial<CollectedTable> = {}): CollectedTable => ({
  id,
  table: id,
  pipelines: ["prices"],
  mode: "merge",
  location: "postgres postgresql://localhost/shop",
  browsable: true,
  ...more,
});
const TABLES = [
  table("prices"),
  table(HOSTILE, { mode: "append" }),
  table("files", { browsable: false, pipelines: ["a", "b"] }),
];

/** A table of 100,000 rows, and ten times as many that were removed; pages behind one another by their first number. */
async function rows(id: string, query: RowsQuery): Promise<ReadPage> {
  asked.push({ of: "rows", table: id, query });
  if (!TABLES.some((each) => each.id === id))
    throw new MillraceError("MLR_TABLE_NOT_FOUND", `no table "${id}"`);
  if (query.of === "removed" && id === HOSTILE) throw new MillraceError("MLR_ARGUMENT_INVALID", "keeps none");
  const from = Number(query.after ?? 0);
  const total = query.of === "removed" ? 1_000_000 : 100_000;
  const count = Math.min(query.limit, total - from);
  const page = Array.from({ length: count }, (_, index) => {
    const name: Json = NAMES[(from + index) % NAMES.length] ?? null;
    return [from + index, name, { n: "9007199254740993" }];
  });
  const next = from + count < total ? { next: String(from + count) } : {};
  return { columns: [...COLUMNS], rows: page, estimatedRows: 100_000, ...next };
}

const reader: TableReader = {
  tables: async () => ({
    tables: TABLES,
    unreachable: [
      {
        location: "clickhouse http://down:8123",
        pipelines: ["ticks"],
        code: "MLR_DESTINATION_UNAVAILABLE",
        message: "no answer",
        hint: null,
      },
    ],
  }),
  rows,
  quarantine: async (id, query) => {
    asked.push({ of: "quarantine", table: id, query });
    return {
      rows: [
        {
          row: { id: "x" },
          code: "MLR_ROW_INVALID",
          reason: '"x" is no number',
          file: "a.csv",
          line: 3,
          run: null,
          rejectedAt: "2026-01-01T00:00:00Z",
        },
      ],
      estimatedRows: 1,
    };
  },
  history: async (id, key) => {
    asked.push({ of: "history", table: id, query: key });
    const version: RowVersion = {
      operation: "current",
      changed: [],
      run: null,
      from: null,
      to: null,
      values: { id: 1 },
    };
    return [version];
  },
  changes: async (id, between) => {
    asked.push({ of: "changes", table: id, query: between });
    return {
      changes: [{ operation: "update", key: { id: 1 }, fields: { name: { before: "a", after: null } } }],
      more: false,
    };
  },
  reprocess: async (id, wishes) => {
    asked.push({ of: "reprocess", table: id, query: wishes });
    return { run: "01935e7c-0000-7000-8000-000000000001", pipeline: "prices" };
  },
  state: async () => undefined,
  close: async () => undefined,
};

beforeAll(async () => {
  bed = await openBed({ tables: reader });
});
afterAll(() => bed.close());
beforeEach(async () => {
  asked = [];
  closedEarly = 0;
  await bed.control.pool.query("TRUNCATE millrace_control.runs");
});

test("tables come by id, page by page, with their last run and the places that did not answer", async () => {
  const counts = (inserted: number): Record<string, Record<string, number>> => ({
    prices: { inserted, updated: 2, rejected: 1 },
  });
  const [, last] = await seedRuns(bed.control.pool, [
    { pipeline: "prices", counts: counts(5), startedAt: Date.now() - 120_000 },
    { pipeline: "prices", counts: counts(7) },
    { pipeline: "prices", counts: { others: {} } },
  ]);
  const first = await bed.as("viewer").get<z.infer<typeof TablesPage>>("/tables?limit=2");
  expect(first.status).toBe(200);
  expect(first.body.items.map(({ id }) => id)).toEqual(["files", "prices"]);
  expect(first.body.items[1]?.lastRun).toMatchObject({
    id: last,
    status: "succeeded",
    inserted: 7,
    updated: 2,
    removed: 0,
    rejected: 1,
  });
  expect(first.body.items[0]?.lastRun).toBeNull();
  expect(first.body.unreachable).toMatchObject([
    { pipelines: ["ticks"], code: "MLR_DESTINATION_UNAVAILABLE" },
  ]);
  const second = await bed
    .as("viewer")
    .get<z.infer<typeof TablesPage>>(`/tables?limit=2&after=${first.body.next}`);
  expect(second.body.items.map(({ id }) => id)).toEqual([HOSTILE]);
  expect(second.body.next).toBeUndefined();
  const found = await bed.as("viewer").get<z.infer<typeof TablesPage>>("/tables?search=PRI&pipeline=prices");
  expect(found.body.items.map(({ id }) => id)).toEqual(["prices"]);
});

test("one table tells its columns and what can be read of it", async () => {
  const name = encodeURIComponent(HOSTILE);
  const { status, body } = await bed.as("viewer").get<z.infer<typeof TableDetail>>(`/tables/${name}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: HOSTILE,
    columns: COLUMNS,
    estimatedRows: 100_000,
    removedRows: false,
    estimatedQuarantined: 1,
  });
  expect((await bed.as("viewer").get<z.infer<typeof TableDetail>>("/tables/prices")).body.removedRows).toBe(
    true,
  );
  const files = await bed.as("viewer").get<z.infer<typeof TableDetail>>("/tables/files");
  expect(files.body).toMatchObject({
    columns: [],
    estimatedRows: null,
    removedRows: false,
    estimatedQuarantined: null,
  });
  const missing = await bed.as("viewer").get("/tables/price");
  expect(missing.status).toBe(404);
  expect(missing.body).toMatchObject({ code: "MLR_TABLE_NOT_FOUND", hint: 'Did you mean "prices"?' });
});

test("rows are asked for with what the query says", async () => {
  const where = encodeURIComponent(
    JSON.stringify([
      { column: `a"b`, operator: ">=", value: "1" },
      { column: "c", operator: "null" },
    ]),
  );
  const url = `/tables/${encodeURIComponent(HOSTILE)}/rows?where=${where}&sort=name&descending=true&limit=3&after=9&of=live`;
  const { status, body } = await bed.as("viewer").get<z.infer<typeof RowsPage>>(url);
  expect(status).toBe(200);
  expect(body.rows).toHaveLength(3);
  expect(asked).toEqual([
    {
      of: "rows",
      table: HOSTILE,
      query: {
        of: "live",
        filters: [
          { column: `a"b`, operator: ">=", value: "1" },
          { column: "c", operator: "null" },
        ],
        sort: { column: "name", descending: true },
        limit: 3,
        after: "9",
      },
    },
  ]);
});

test.for([
  "/tables/prices/rows?limit=1001",
  "/tables/prices/rows?limit=0",
  "/tables/prices/rows?of=deleted",
  "/tables/prices/rows?where=nonsense",
  `/tables/prices/rows?where=${encodeURIComponent('[{"column":"a","operator":"like","value":"b"}]')}`,
  `/tables/prices/rows?where=${encodeURIComponent('[{"column":"a","operator":"="}]')}`,
  `/tables/prices/rows?where=${encodeURIComponent('[{"column":"a","operator":"null","value":"b"}]')}`,
  `/tables/prices/rows?where=${encodeURIComponent(JSON.stringify(Array(21).fill({ column: "a", operator: "null" })))}`,
  "/tables/prices/history",
  "/tables/prices/history?key=5",
  "/tables/prices/changes?from=yesterday",
  "/tables/prices/export?format=xlsx",
  "/tables/prices/export?limit=1000001",
  `/tables/prices/export?columns=${encodeURIComponent('["nope"]')}`,
  "/tables/prices/quarantine?limit=501",
])("%s is refused", async (url) => {
  const { status, body } = await bed.as("viewer").get(url);
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
});

test("a row's versions are found by its key, whose values may be numbers", async () => {
  const key = encodeURIComponent('{"id":17,"shop":"a"}');
  expect((await bed.as("viewer").get(`/tables/prices/history?key=${key}`)).status).toBe(200);
  expect(asked).toEqual([{ of: "history", table: "prices", query: { id: "17", shop: "a" } }]);
});

test("changes are those between runs, the last two without a wish, or between instants", async () => {
  const hour = 3_600_000;
  const [first, second, third] = await seedRuns(
    bed.control.pool,
    [3, 2, 1].map((ago) => ({ pipeline: "prices", startedAt: Date.now() - ago * hour })),
  );
  const changes = (query: string): Promise<{ status: number; body: z.infer<typeof TableChanges> }> =>
    bed.as("viewer").get<z.infer<typeof TableChanges>>(`/tables/prices/changes${query}`);
  const latest = await changes("");
  expect(latest.body).toMatchObject({ from: { run: second }, to: { run: third }, more: false });
  expect(latest.body.changes).toEqual([
    { operation: "update", key: { id: 1 }, fields: { name: { before: "a", after: null } } },
  ]);
  expect((await changes(`?to=${second}`)).body).toMatchObject({ from: { run: first }, to: { run: second } });
  const at = new Date(Date.now() - 2.5 * hour).toISOString();
  expect((await changes(`?from=${at}`)).body).toMatchObject({ from: { run: first }, to: { run: third } });
  expect((await changes(`?to=${first}`)).status).toBe(404);
  expect((await changes("?from=2001-01-01")).status).toBe(404);
});

test("refused rows are listed, and put through again by who may steer", async () => {
  const { body } = await bed
    .as("viewer")
    .get<z.infer<typeof QuarantinePage>>("/tables/prices/quarantine?limit=5");
  expect(body).toMatchObject({
    items: [{ code: "MLR_ROW_INVALID", file: "a.csv", line: 3 }],
    estimatedRows: 1,
  });
  const path = "/tables/prices/quarantine/reprocess";
  expect((await bed.as("viewer").post(path, {})).status).toBe(403);
  const wishes = { where: [{ column: "code", operator: "=", value: "MLR_ROW_INVALID" }], limit: 10 };
  const answer = await bed.as("operator").post(path, wishes);
  expect(answer.status).toBe(202);
  expect(answer.body).toEqual({ run: "01935e7c-0000-7000-8000-000000000001", pipeline: "prices" });
  expect(asked.at(-1)).toMatchObject({
    of: "reprocess",
    query: { by: "test operator", filters: wishes.where, limit: 10 },
  });
  expect((await bed.as("operator").post(path)).status).toBe(202);
  expect((await bed.as("operator").post(path, { where: [{ column: "a", operator: "=" }] })).status).toBe(400);
  expect((await bed.as("operator").post(path, { limit: 0 })).status).toBe(400);
});

/** The file over a socket of its own, with what is sent behind it. */
async function download(
  path: string,
  takes = Number.POSITIVE_INFINITY,
): Promise<{ text: string; more: string | undefined; headers: Record<string, unknown> }> {
  if (!bed.server.server.listening) await bed.server.listen({ port: 0, host: "127.0.0.1" });
  const { port } = bed.server.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const request = get(
      { port, path: `/api/v1${path}`, headers: { "x-test-role": "viewer" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > takes) response.destroy();
        });
        response.on("close", () => {
          closedEarly = text.length;
          resolve({ text, more: response.trailers["x-millrace-more"], headers: response.headers });
        });
      },
    );
    request.on("error", reject);
  });
}

test("a CSV file guards text that spreadsheets would run, and leaves it as it is when asked to", async () => {
  const { text, more, headers } = await download(`/tables/prices/export?limit=${NAMES.length}`);
  expect(headers["content-type"]).toContain("text/csv");
  expect(headers["content-disposition"]).toBe('attachment; filename="prices.csv"');
  expect(text).toBe(
    [
      "id,name,data",
      "0,'=1+1",
      "1,-2",
      "2,'-2+3",
      "3,'+SUM(A1)",
      "4,'@x",
      `5,'\t=1`,
      `6,"""quoted"""`,
      `7,"a,b"`,
      `8,"two\nlines"`,
      `9,""`,
      "10,",
      "11,' =x",
      "12,plain",
      "",
    ]
      .map((line, index) => (index === 0 || line === "" ? line : `${line},"{""n"":""9007199254740993""}"`))
      .join("\r\n"),
  );
  expect(more).toBe("true");
  const raw = await download(
    `/tables/prices/export?limit=3&raw=true&columns=${encodeURIComponent('["name"]')}`,
  );
  expect(raw.text).toBe("name\r\n=1+1\r\n-2\r\n-2+3\r\n");
});

test("a file of JSON Lines has every row once, and tells that it is whole", async () => {
  const { text, more } = await download("/tables/prices/export?format=jsonl");
  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(100_000);
  expect(JSON.parse(lines[0] ?? "")).toEqual({ id: 0, name: "=1+1", data: { n: "9007199254740993" } });
  expect(JSON.parse(lines[99_999] ?? "")).toMatchObject({ id: 99_999 });
  expect(more).toBe("false");
});

test("a client that goes away ends the reading", async () => {
  await download("/tables/prices/export?of=removed&limit=1000000", 100_000);
  expect(closedEarly).toBeGreaterThan(100_000);
  const pages = asked.length;
  await bed.as("viewer").get("/tables");
  // Of a thousand pages only those were read that the client took, and what fits into buffers.
  expect(pages).toBeLessThan(600);
  expect(asked).toHaveLength(pages);
});
