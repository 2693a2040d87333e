import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Filter } from "../../src/data/filter/filter.ts";
import { type DataBed, openDataBed } from "./data-bed.ts";

const SETUP = `
CREATE TABLE things (id integer PRIMARY KEY, price numeric(8,2), name text, day date, ok boolean, tags text[], data jsonb);
INSERT INTO things SELECT i, CASE WHEN i % 7 > 0 THEN (i * 37 % 100) / 4.0 END, CASE WHEN i % 5 > 0 THEN 'Name ' || chr(65 + i % 6) || '_%' || i % 4 END,
  date '2026-01-01' + i % 30, CASE WHEN i % 3 > 0 THEN i % 3 = 1 END, ARRAY['t' || i % 4, 'u' || i % 3],
  CASE WHEN i % 4 > 0 THEN jsonb_build_object('size', CASE WHEN i % 4 = 1 THEN to_jsonb(i % 6) ELSE to_jsonb('s' || i % 6) END, 'deep', jsonb_build_array(i % 2 = 0)) END
  FROM generate_series(1, 120) AS i;`;

let bed: DataBed;

beforeAll(async () => {
  bed = await openDataBed(SETUP);
  await bed.expose("things");
});
afterAll(async () => bed.close());

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A filter, and the same as people write it in SQL. */
interface Pair {
  readonly filter: Filter;
  readonly sql: string;
}

const SIGNS = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;
const sign = fc.constantFrom(...(Object.keys(SIGNS) as (keyof typeof SIGNS)[]));
const number = fc.integer({ min: -2, max: 30 });
const word = fc.constantFrom("Name A_%1", "Name B_%2", "name", "A", "", "'; --", "ä\\", "%", "_");
const day = fc.integer({ min: 1, max: 30 }).map((n) => `2026-01-${String(n).padStart(2, "0")}`);

function compared(column: string, values: fc.Arbitrary<string | number>): fc.Arbitrary<Pair> {
  return fc.record({ op: sign, value: values }).map(({ op, value }) => ({
    filter: { column, op, value },
    sql: `${column} ${SIGNS[op]} ${quoted(String(value))}`,
  }));
}

const leaf: fc.Arbitrary<Pair> = fc.oneof(
  compared("id", number),
  compared("price", number),
  compared("name", word),
  compared("day", day),
  fc.constantFrom("price", "name", "ok", "data").chain((column) =>
    fc.boolean().map((value): Pair => ({
      filter: { column, op: "null", value },
      sql: `${column} IS ${value ? "" : "NOT "}NULL`,
    })),
  ),
  fc.array(number, { maxLength: 4 }).map((value) => ({
    filter: { column: "id", op: "in" as const, value },
    sql: value.length === 0 ? "id <> id" : `id IN (${value.join(",")})`,
  })),
  fc
    .record({
      op: fc.constantFrom("like" as const, "ilike" as const),
      value: fc.constantFrom("Name%", "%a\\_%", "name _", "%1", "%\\%1", ""),
    })
    .map(({ op, value }) => ({
      filter: { column: "name", op, value },
      sql: `name ${op} ${quoted(value)}`,
    })),
  fc.subarray(["t0", "t1", "u0", "u2"]).map((value) => ({
    filter: { column: "tags", op: "contains" as const, value },
    sql: `tags @> ARRAY[${value.map(quoted).join(",")}]::text[]`,
  })),
  fc.record({ op: sign, value: fc.integer({ min: 0, max: 6 }) }).map(({ op, value }) => ({
    filter: { column: "data", path: ["size"], op, value },
    sql: `CASE WHEN jsonb_typeof(data->'size') = 'number' THEN (data->>'size')::numeric ${SIGNS[op]} ${value} WHEN data->'size' IS NOT NULL THEN false END`,
  })),
  fc.boolean().map((value) => ({
    filter: { column: "data", path: ["deep", "0"], op: "eq" as const, value },
    sql: `(data->'deep'->>0)::boolean = ${value}`,
  })),
  fc.constantFrom("a", "name b", "c OR d").map((value) => ({
    filter: { column: "name", op: "search" as const, value },
    sql: `to_tsvector('simple', name) @@ websearch_to_tsquery('simple', ${quoted(value)})`,
  })),
);

const pairs: fc.Arbitrary<Pair> = fc.letrec<{ pair: Pair }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("pair"), { maxLength: 3 }).map((all) => ({
      filter: { and: all.map(({ filter }) => filter) },
      sql: all.length === 0 ? "true" : `(${all.map(({ sql }) => `(${sql})`).join(" AND ")})`,
    })),
    fc.array(tie("pair"), { maxLength: 3 }).map((all) => ({
      filter: { or: all.map(({ filter }) => filter) },
      sql: all.length === 0 ? "false" : `(${all.map(({ sql }) => `(${sql})`).join(" OR ")})`,
    })),
    tie("pair").map(({ filter, sql }) => ({ filter: { not: filter }, sql: `NOT (${sql})` })),
  ),
})).pair;

const columns = ["id", "price", "name", "day", "ok"];
const orders = fc
  .subarray(columns, { maxLength: 3 })
  .chain((names) => fc.tuple(...names.map((name) => fc.boolean().map((down) => ({ name, down })))));

test("every combination of conditions and orders gives the same rows as the same query in SQL, whatever the pages", async () => {
  await fc.assert(
    fc.asyncProperty(
      pairs,
      orders,
      fc.integer({ min: 1, max: 60 }),
      async ({ filter, sql }, order, limit) => {
        const search = new URLSearchParams({
          select: "id",
          limit: String(limit),
          filter: JSON.stringify(filter),
          ...(order.length === 0
            ? {}
            : { order: order.map(({ name, down }) => `${name}.${down ? "desc" : "asc"}`).join(",") }),
        });
        const seen: unknown[] = [];
        for (let after: string | null = ""; after !== null;) {
          const { status, body, text } = await bed.get(
            `/things?${search.toString()}${after === "" ? "" : `&after=${after}`}`,
          );
          expect(status, text).toBe(200);
          seen.push(...body.items.map(({ id }) => id));
          after = body.next;
        }
        const down = order.length > 0 && order.every((term) => term.down);
        const terms = order.map((term) => `${term.name} ${term.down ? "DESC NULLS LAST" : "ASC"}`);
        const { rows } = await bed.tables.query<{ id: number }>(
          `SELECT id FROM things WHERE ${sql} ORDER BY ${[...terms, `id ${down ? "DESC" : "ASC"}`].join(", ")}`,
        );
        expect(seen, sql).toEqual(rows.map(({ id }) => id));
      },
    ),
    { numRuns: 150 },
  );
});

interface Described {
  readonly paths: Readonly<
    Record<
      string,
      { readonly get: { readonly parameters: readonly { readonly name: string; readonly in: string }[] } }
    >
  >;
}

test("whatever is sent to what the OpenAPI document tells, the answer is never a fault of the server", async () => {
  const { paths } = JSON.parse((await bed.get("/openapi.json")).text) as Described;
  const parameters = Object.entries(paths).flatMap(([path, { get }]) =>
    get.parameters.map(({ name }) => ({ path, name })),
  );
  expect(parameters.length).toBeGreaterThan(40);
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.json({ maxDepth: 3 }),
    fc.constantFrom(
      "1e999",
      "NaN",
      "infinity",
      "-infinity",
      "2026-02-30",
      "99999999999999999999",
      "{",
      "{}",
      "[]",
      "$",
      "\\",
      "'",
      '"',
      "%00",
      "\ud800",
      "null",
      "true",
      "a,b",
      '"',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...parameters),
      value,
      value,
      fc.string({ unit: "binary", maxLength: 10 }),
      async ({ path, name }, given, other, key) => {
        const place = path.replace("/data", "").replace("{key}", encode(key === "" ? "1" : key));
        const { status, text } = await bed.get(
          `${place}?${encode(name)}=${encode(given)}&${encode(other)}=1`,
        );
        expect(status, text).toBeLessThan(500);
        const alone = await bed.get(`${place}?${encode(name)}=${encode(given)}`);
        expect(alone.status, `${name}=${given}: ${alone.text}`).toBeLessThan(500);
      },
    ),
    { numRuns: 400 },
  );
  expect(bed.logged).toEqual([]);
});

/** As an address can hold it, also what is no text. */
function encode(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : "%ED%A0%80";
}
