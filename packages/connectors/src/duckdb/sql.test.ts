import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  canonicalText,
  compileStore,
  formatColumnType,
  MillraceError,
  parseJsonExact,
  SCALAR_KINDS,
  executeRun,
  pipeline,
  type Batch,
  type Source,
  type Transform,
  type ScalarKind,
} from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { TYPED_VALUES } from "../../test/typed-values.ts";
import { sql } from "./index.ts";
import { context, rowsThrough, through } from "./test/apply.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-sql-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function failure(promise: Promise<unknown>): Promise<MillraceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MillraceError);
  return error as MillraceError;
}

describe("sql over batches", () => {
  it("gives each batch to the query as the table batch", async () => {
    const transform = sql("select id, price * amount as total from batch where amount > 0 order by id");
    const out = await through(
      transform,
      {
        stream: "s",
        rows: [
          { id: 1, price: 2, amount: 3 },
          { id: 2, price: 1, amount: 0 },
        ],
      },
      { stream: "s", rows: [{ id: 3, price: 5, amount: 5 }] },
    );
    expect(out.map(({ rows }) => rows)).toEqual([[{ id: 1, total: 6 }], [{ id: 3, total: 25 }]]);
    expect(Array.from(out[0]?.at ?? [])).toEqual([-1]);
  });

  it("declares the columns of the result, and none that has had no value", async () => {
    const [batch] = await through(
      sql(
        "select 1::bigint as a, 1.50::decimal(12,2) as b, null as c, [1, 2] as d, 'x' as e, '{}'::json as f from batch",
      ),
      { stream: "s", rows: [{ x: 1 }] },
    );
    const types = Object.fromEntries(
      (batch?.columns ?? []).map(({ name, type }) => [name, formatColumnType(type)]),
    );
    expect(types).toEqual({ a: "bigint", b: "numeric(12,2)", d: "integer[]", e: "text", f: "json" });
    expect(batch?.rows).toEqual([{ a: 1, b: "1.50", c: null, d: [1, 2], e: "x", f: {} }]);
  });

  it("knows columns that only some rows or earlier batches have, and types that become wider", async () => {
    const out = await through(
      sql("select a, b from batch"),
      { stream: "s", rows: [{ a: 1, b: "x" }, { a: null }] },
      { stream: "s", rows: [{ a: 5_000_000_000 }] },
      { stream: "s", rows: [{ a: 1.5, b: null }] },
    );
    expect(out.flatMap(({ rows }) => rows)).toEqual([
      { a: 1, b: "x" },
      { a: null, b: null },
      { a: 5_000_000_000, b: null },
      { a: "1.5", b: null },
    ]);
  });

  it("joins with rows and with files", async () => {
    const csv = file("rates.csv", "code,rate\nEUR,1.0\nUSD,0.9\n");
    const json = file("names.jsonl", '{"code":"EUR","name":"Euro"}\n{"code":"USD","name":"Dollar"}\n');
    const transform = sql(
      `select id, amount * rate as euro, name, region from batch
       join rates using (code) join names using (code) join regions using (code) order by id`,
      {
        tables: {
          rates: pathToFileURL(csv),
          names: json,
          regions: [
            { code: "EUR", region: 1 },
            { code: "USD", region: 2 },
          ],
        },
      },
    );
    expect(
      await rowsThrough(transform, [
        { id: 1, code: "USD", amount: 10 },
        { id: 2, code: "EUR", amount: 1 },
      ]),
    ).toEqual([
      { id: 1, euro: 9, name: "Dollar", region: 2 },
      { id: 2, euro: 1, name: "Euro", region: 1 },
    ]);
  });

  it("reads columns of files as the types that are said", async () => {
    const path = file("codes.csv", "code,name\n007,Bond\n");
    const transform = sql("select codes.* from batch, codes", {
      tables: { codes: { path, columns: { code: "text" } } },
    });
    expect(await rowsThrough(transform, [{ x: 1 }])).toEqual([{ code: "007", name: "Bond" }]);
  });

  it("lets other streams pass by, and names another stream for the result", async () => {
    const transform = sql("select count(*) as n from batch", { stream: "s", output: "counts", key: ["n"] });
    const other: Batch = { stream: "t", rows: [{ y: 1 }] };
    const [passed, counted] = await through(transform, other, { stream: "s", rows: [{ x: 1 }, { x: 2 }] });
    expect(passed).toBe(other);
    expect(counted).toMatchObject({ stream: "counts", rows: [{ n: 2 }], key: ["n"] });
  });

  it("takes columns as earlier transforms settled them", async () => {
    const columns = [{ name: "a", type: { kind: "numeric", precision: 10, scale: 2 } }] as const;
    const [batch] = await through(sql("select a + 1 as b from batch"), {
      stream: "s",
      rows: [{ a: "2.25" }],
      columns,
    });
    expect(batch?.rows).toEqual([{ b: "3.25" }]);
  });
});

describe("sql over a reading", () => {
  it("gathers all batches and gives out the result at the end", async () => {
    const transform = sql(
      "select kind, sum(n) as n, row_number() over (order by kind) as place from batch group by kind order by kind",
      {
        over: "epoch",
      },
    );
    const held = await transform.apply(
      {
        stream: "s",
        rows: [
          { kind: "a", n: 1 },
          { kind: "b", n: 2 },
        ],
      },
      context(),
    );
    expect(held).toEqual([]);
    const [batch] = await through(transform, { stream: "s", rows: [{ kind: "a", n: 3.5 }] });
    expect(batch?.rows).toEqual([
      { kind: "a", n: 4.5, place: 1 },
      { kind: "b", n: 2, place: 2 },
    ]);
  });

  it("joins two streams, the second of which goes on as well", async () => {
    const transform = sql(
      "select o.id, c.name from batch o left join customers c on c.id = o.customer order by o.id",
      {
        over: "epoch",
        stream: "orders",
        tables: { customers: { stream: "customers" } },
      },
    );
    const out = await through(
      transform,
      {
        stream: "orders",
        rows: [
          { id: 1, customer: 7 },
          { id: 2, customer: 8 },
        ],
      },
      { stream: "customers", rows: [{ id: 7, name: "Ann" }] },
    );
    expect(out.filter(({ stream }) => stream === "orders")).toMatchObject([
      {
        stream: "orders",
        rows: [
          { id: 1, name: "Ann" },
          { id: 2, name: null },
        ],
      },
    ]);
  });

  it("waits for the reading of its own stream, and for the ones it is joined with before", async () => {
    const make = (): Transform =>
      sql("select o.id, c.name from batch o left join customers c on c.id = o.customer", {
        over: "epoch",
        stream: "orders",
        tables: { customers: { stream: "customers" } },
      });
    const run = async (streams: readonly string[]): Promise<unknown> => {
      const destination = memoryDestination();
      const rows = { orders: [{ id: 1, customer: 7 }], customers: [{ id: 7, name: "Ann" }] };
      const source: Source = {
        async *read() {
          for (const stream of streams) {
            yield { type: "begin", stream };
            yield { type: "rows", stream, slice: stream, rows: rows[stream as keyof typeof rows] };
            yield { type: "complete", stream };
          }
        },
      };
      const target = destination.tables({ orders: { key: ["id"] }, customers: { key: ["id"] } });
      const report = await executeRun({
        pipeline: pipeline("p", { source, transforms: [make()], destination: target }),
        environment: { directory: folder, databaseUrl: async () => "" },
        run: "00000000-0000-4000-8000-000000000001",
        attempts: { next: async () => 1n },
      });
      return report.error?.code ?? [destination.rows("orders"), destination.rows("customers")];
    };
    expect(await run(["customers", "orders"])).toEqual([[{ id: 1, name: "Ann" }], [{ id: 7, name: "Ann" }]]);
    expect(await run(["orders", "customers"])).toBe("MLR_TRANSFORM_FAILED");
  });

  it("takes a second stream without rows for an empty table where its columns are declared", async () => {
    const transform = sql("select b.id, c.name from batch b left join c using (id)", {
      over: "epoch",
      stream: "s",
      tables: { c: { stream: "c", columns: { id: "integer", name: "text" } } },
    });
    expect(await rowsThrough(transform, [{ id: 1 }])).toEqual([{ id: 1, name: null }]);
  });

  it("begins with nothing after each reading", async () => {
    const transform = sql("select count(*) as n from batch", { over: "epoch" });
    const read = async (...ids: number[]): Promise<unknown> => {
      await transform.apply({ stream: "s", rows: ids.map((id) => ({ id })) }, context());
      return (await transform.flush?.(context()))?.flatMap(({ rows }) => rows);
    };
    expect(await read(1, 2)).toEqual([{ n: 2 }]);
    expect(await read(3)).toEqual([{ n: 1 }]);
    expect(await transform.flush?.(context())).toEqual([]);
    await transform.close?.();
  });

  it("sorts more than its memory holds, in temporary files", async () => {
    const transform = sql(
      "select max(place) as rows, max(length(text)) as longest from (select text, row_number() over (order by text) as place from batch)",
      {
        over: "epoch",
        memory: "64MB",
      },
    );
    const filler = "x".repeat(400);
    const batches = Array.from({ length: 24 }, (_, part): Batch => ({
      stream: "s",
      rows: Array.from({ length: 8_000 }, (_row, i) => ({
        text: `${(i * 7_919 + part) % 192_007}${filler}`,
      })),
    }));
    const [batch] = await through(transform, ...batches);
    expect(batch?.rows).toEqual([{ rows: 192_000, longest: 406 }]);
  });

  it("refuses rows of two streams that both would be the batch", async () => {
    const error = await failure(
      through(
        sql("select * from batch", { over: "epoch" }),
        { stream: "a", rows: [{ x: 1 }] },
        { stream: "b", rows: [{ x: 1 }] },
      ),
    );
    expect([error.code, error.message]).toEqual([
      "MLR_TRANSFORM_FAILED",
      'sql({ over: "epoch" }) got rows of two streams, "a" and "b"',
    ]);
  });
});

describe("types through sql", () => {
  for (const kind of SCALAR_KINDS) {
    it(`carries ${kind} exactly both ways`, async () => {
      const stored = TYPED_VALUES[kind]
        .map(([value]) => value)
        .filter((value) => kind !== "numeric" || fitsDecimal(String(value)));
      const given = stored.map((value) => asRowsHave(kind, value));
      const transform = sql("select id, v from batch order by id", { columns: { v: kind } });
      const out = await rowsThrough(
        transform,
        given.map((v, id) => ({ id, v })),
      );
      const store = compileStore({ kind }, { declared: true });
      expect(out.map(({ v }) => store(v))).toEqual(given.map(store));
    });
  }

  it("carries lists exactly, also with nulls in them", async () => {
    const rows = [
      { a: [1n, null, 9_007_199_254_740_993n], b: [] },
      { a: null, b: ["x", null, ""] },
    ];
    const transform = sql("select * from batch", { columns: { a: "bigint[]", b: "text[]" } });
    expect(await rowsThrough(transform, rows)).toEqual([
      { a: [1, null, 9_007_199_254_740_993n], b: [] },
      { a: null, b: ["x", null, ""] },
    ]);
  });

  it("makes JSON of structs, maps and lists of lists", async () => {
    const query =
      "select {'a': 1, 'b': [1.5::decimal(3,1)]} as s, map {'k': 1} as m, [[1], [2]] as l from batch";
    const [batch] = await through(sql(query), { stream: "s", rows: [{ x: 1 }] });
    expect(batch?.rows).toEqual([{ s: { a: 1, b: ["1.5"] }, m: { k: 1 }, l: [[1], [2]] }]);
    expect(batch?.columns?.map(({ type }) => type.kind)).toEqual(["json", "json", "json"]);
  });

  it("adds numbers beyond what a double holds", async () => {
    const rows = [{ v: "0.10" }, { v: "90071992547409931234.25" }];
    const transform = sql("select sum(v) as v, sum(9007199254740993::bigint) as n from batch", {
      columns: { v: "numeric" },
    });
    expect(await rowsThrough(transform, rows)).toEqual([
      { v: "90071992547409931234.35", n: "18014398509481986" },
    ]);
  });
});

describe("what sql refuses", () => {
  const run = (query: string, options: Parameters<typeof sql>[1] = {}): Promise<MillraceError> =>
    failure(rowsThrough(sql(query, options), [{ id: 1 }]));

  it("tells where in the query the mistake is", async () => {
    const error = await run("select id,\n  idd\nfrom batch");
    expect(error.code).toBe("MLR_TRANSFORM_FAILED");
    expect(error.message).toContain('"idd" not found');
    expect(error.message).toContain("at line 2, column 3");
    expect(error.details).toMatchObject({ line: 2, column: 3 });
    expect((await run("select id from batch where")).message).toContain("syntax error");
  });

  it("refuses what is no single query", async () => {
    for (const query of [
      "create table x (a int)",
      "select 1; select 2",
      "drop table batch",
      "set memory_limit = '9GB'",
      "attach 'x.db'",
    ])
      expect((await run(query)).code, query).toBe("MLR_ARGUMENT_INVALID");
    expect(() => sql("  ")).toThrow("the query is empty");
  });

  it("opens no files and no network beyond the tables that were named", async () => {
    const secret = file("secret.csv", "a\n1\n");
    const named = { tables: { named: secret } };
    for (const query of [
      `select * from read_csv('${secret}')`,
      `select * from '${secret}'`,
      "select * from read_text('/etc/hosts')",
      "select * from read_parquet('https://example.com/x.parquet')",
      "select * from glob('/*')",
    ]) {
      const error = await run(query, named);
      expect([error.code, query]).toEqual(["MLR_TRANSFORM_FAILED", query]);
    }
  });

  it("tells of options and files that cannot be used", async () => {
    expect((await run("select * from batch, x", { tables: { x: join(folder, "none.csv") } })).code).toBe(
      "MLR_SOURCE_NOT_FOUND",
    );
    expect((await run("select * from batch, x", { tables: { x: join(folder, "none.xyz") } })).code).toBe(
      "MLR_ARGUMENT_INVALID",
    );
    expect(() => sql("select 1", { tables: { x: { stream: "y" } } })).toThrow("only whole at the end");
    expect(() => sql("select 1", { tables: { Batch: [] } })).toThrow("no table can have it");
    expect(() => sql("select 1", { memory: "much" })).toThrow("must be a size");
    expect(() => sql("select 1", { overr: "epoch" } as Parameters<typeof sql>[1])).toThrow(
      'no option "overr"',
    );
  });

  it("refuses columns of the same name and values that a declared type cannot hold", async () => {
    expect((await run("select a.id, b.id from batch a, batch b")).message).toContain(
      'two columns named "id"',
    );
    expect((await run("select * from batch", { columns: { id: "uuid" } })).code).toBe("MLR_ROW_INVALID");
  });

  it("stops a query when the run is stopped", async () => {
    const stop = new AbortController();
    const transform = sql("select count(*) from range(100000000000) a, batch");
    const outcome = failure(
      Promise.resolve(transform.apply({ stream: "s", rows: [{ id: 1 }] }, context(stop.signal))),
    );
    // However long it takes until the query is under way.
    const again = setInterval(() => {
      stop.abort();
      stop.signal.dispatchEvent(new Event("abort"));
    }, 300);
    expect((await outcome).code).toBe("MLR_RUN_STOPPED");
    clearInterval(again);
    await transform.close?.();
  });
});

/** Rows hold times as text and JSON as values, unlike destinations. */
function asRowsHave(kind: ScalarKind, stored: unknown): unknown {
  if (kind === "json") return parseJsonExact(String(stored));
  return ["date", "time", "timestamp", "timestamptz"].includes(kind)
    ? canonicalText({ kind })(stored)
    : stored;
}

function fitsDecimal(text: string): boolean {
  return /^-?\d/.test(text) && text.replaceAll(/[-.]/g, "").length <= 25;
}
