import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DataBed, openDataBed } from "./data-bed.ts";

const SETUP = `
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, country text, _row_hash bytea, _run_id uuid, _loaded_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer, price numeric(12,2), note text, tags text[], data jsonb, day date, "weird ""name" text,
  seen timestamptz, secret text);
CREATE TABLE log (line text, at timestamp);
INSERT INTO customers SELECT i, 'customer ' || i, CASE i % 3 WHEN 0 THEN 'CH' WHEN 1 THEN 'DE' END FROM generate_series(1, 20) AS i;
INSERT INTO orders SELECT i, i % 20 + 1, i * 1.25, CASE WHEN i % 5 > 0 THEN 'note number ' || i END, ARRAY['t' || i % 3, 'all'],
  jsonb_build_object('size', i % 10, 'kind', CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END, 'parts', jsonb_build_array(i, 'x')),
  date '2026-01-01' + i::int, 'w' || i, timestamptz '2026-01-01T00:00:00Z' + i * interval '1 hour', 'hidden'
  FROM generate_series(1, 250) AS i;
INSERT INTO orders (id, price) VALUES (9007199254740993, 12345678.90);
INSERT INTO log SELECT 'line ' || i, timestamp '2026-01-01' FROM generate_series(1, 250) AS i;
INSERT INTO millrace.pipelines VALUES ('shop');
INSERT INTO millrace.tables VALUES ('public', 'orders', 'shop', 'upsert', '{"key":["id"]}'), ('public', 'customers', 'shop', 'merge', '{"key":["id"]}');`;

let bed: DataBed;

beforeAll(async () => {
  bed = await openDataBed(SETUP);
  await bed.expose("customers");
  await bed.expose("orders", {
    relations: [{ name: "customer", table: "customers", columns: [["customer_id", "id"]], many: false }],
    columns: ["id", "customer_id", "price", "note", "tags", "data", "day", 'weird "name', "seen"],
  });
  await bed.service.exposures.put({
    name: "customers",
    namespace: "public",
    table: "customers",
    relations: [{ name: "orders", table: "orders", columns: [["id", "customer_id"]], many: true }],
    by: "test",
  });
  await bed.expose("log");
});
afterAll(async () => bed.close());

const ids = (items: readonly Readonly<Record<string, unknown>>[]): unknown[] => items.map(({ id }) => id);

describe("a page of rows", () => {
  test("has the columns that are exposed, by the key", async () => {
    const { status, body } = await bed.get("/orders?limit=2");
    expect(status).toBe(200);
    expect(body.items[0]).toEqual({
      id: 1,
      customer_id: 2,
      price: 1.25,
      note: "note number 1",
      tags: ["t1", "all"],
      data: { size: 1, kind: "odd", parts: [1, "x"] },
      day: "2026-01-02",
      'weird "name': "w1",
      seen: "2026-01-01T01:00:00+00:00",
    });
    expect(ids(body.items)).toEqual([1, 2]);
  });

  test("does not have the columns that Millrace adds", async () => {
    const { body } = await bed.get("/customers?limit=1");
    expect(Object.keys(body.items[0] ?? {})).toEqual(["id", "name", "country"]);
  });

  test.each([
    ["price.gte=310&price.lt=312", [248, 249]],
    ["id.in=3,1,2", [1, 2, 3]],
    ["note.null=true&id.lte=10", [5, 10]],
    ["note.like=note%20number%201_&id.lt=13", [11, 12]],
    ["note.ilike=NOTE%25&id.lt=3", [1, 2]],
    ["note.search=number%2017", [17]],
    ["tags.contains=t2&id.lt=6", [2, 5]],
    ["data->size.eq=3&id.lt=30", [3, 13, 23]],
    ["data->kind.eq=even&id.lt=5", [2, 4]],
    ["data->parts->0.gt=249&id.lt=1000", [250]],
    ["data.jsonpath=$.parts[0]%20?%20(@%20<%203)", [1, 2]],
    ['data.contains={"size":4}&id.lt=15', [4, 14]],
    ["day.eq=2026-01-03", [2]],
    ["seen.gt=2026-01-01T00:00:00Z&seen.lte=2026-01-01T02:00:00Z", [1, 2]],
    [
      'filter={"or":[{"column":"id","op":"eq","value":7},{"not":{"column":"id","op":"gt","value":1}}]}',
      [1, 7],
    ],
    ["weird%20%22name.eq=w9", [9]],
    ["id.ne=1&id.lt=3", [2]],
  ])("with %s", async (search, expected) => {
    const { body, text } = await bed.get(`/orders?${search}`);
    expect(ids(body.items), text).toEqual(expected);
  });

  test("is followed by the next one until there is none, in any order", async () => {
    for (const order of [
      "id",
      "price.desc",
      "note",
      "note.desc,day",
      "customer_id.desc,id.desc",
      "day.desc",
    ]) {
      const seen: unknown[] = [];
      let after = "";
      do {
        const { body, text } = await bed.get(`/orders?select=id&limit=83&order=${order}${after}`);
        expect(body.items, text).toBeDefined();
        seen.push(...ids(body.items));
        after = body.next === null ? "" : `&after=${body.next}`;
      } while (after !== "");
      const sql = order
        .split(",")
        .map((part) => (part.endsWith(".desc") ? `${part.slice(0, -5)} DESC NULLS LAST` : part));
      const down = order.split(",").every((part) => part.endsWith(".desc"));
      const { rows } = await bed.tables.query<{ id: string }>(
        `SELECT id FROM orders ORDER BY ${sql.join(", ")}, id ${down ? "DESC" : ""}`,
      );
      expect(seen.map(String), order).toEqual(
        rows.map(({ id }) => (id === "9007199254740993" ? "9007199254740992" : id)),
      );
    }
  });

  test("of a table without a key is followed by the others as well", async () => {
    const seen: unknown[] = [];
    let after = "";
    do {
      const { body } = await bed.get(`/log?limit=60&order=at${after}`);
      seen.push(...body.items.map(({ line }) => line));
      after = body.next === null ? "" : `&after=${body.next}`;
    } while (after !== "");
    expect(new Set(seen).size).toBe(250);
    expect(seen).toHaveLength(250);
  });

  test("has every digit of large numbers as text where that is asked for", async () => {
    const { text } = await bed.get("/orders?id.gt=1000&numbers=string&select=id,price");
    expect(JSON.parse(text).items).toEqual([{ id: "9007199254740993", price: "12345678.90" }]);
  });

  test("tells how many rows there are, exactly or about", async () => {
    expect((await bed.get("/orders?id.lte=100&limit=1&count=exact")).body.count).toBe(100);
    await bed.tables.query("ANALYZE orders");
    const { count = 0 } = (await bed.get("/orders?limit=1&count=estimate")).body;
    expect(count).toBeGreaterThan(200);
    expect((await bed.get("/orders?limit=1")).body.count).toBeUndefined();
  });

  test("embeds rows of other tables", async () => {
    const { body } = await bed.get("/orders?select=id,customer(name,orders(id))&id.eq=3");
    const [item] = body.items as [{ id: number; customer: { name: string; orders: { id: number }[] } }];
    expect(item.customer.name).toBe("customer 4");
    expect(item.customer.orders.map(({ id }) => id)).toEqual([
      3, 23, 43, 63, 83, 103, 123, 143, 163, 183, 203, 223, 243,
    ]);
  });

  test("of one row is found by its key", async () => {
    const { status, text } = await bed.get("/customers/7");
    expect([status, JSON.parse(text)]).toEqual([200, { id: 7, name: "customer 7", country: "DE" }]);
    expect((await bed.get("/customers/700")).body.code).toBe("MLR_ROW_NOT_FOUND");
  });
});

describe("what cannot be asked", () => {
  test.each([
    ["/orders?secret.eq=hidden", "MLR_ARGUMENT_INVALID"],
    ["/orders?select=secret", "MLR_ARGUMENT_INVALID"],
    ["/orders?order=secret", "MLR_ARGUMENT_INVALID"],
    ["/orders?price.gte=cheap", "MLR_ARGUMENT_INVALID"],
    ["/orders?price.like=1%25", "MLR_ARGUMENT_INVALID"],
    ["/orders?price=1", "MLR_ARGUMENT_INVALID"],
    ["/orders?limit=0", "MLR_ARGUMENT_INVALID"],
    ["/orders?limit=1001", "MLR_ARGUMENT_INVALID"],
    ["/orders?limit=1;drop", "MLR_ARGUMENT_INVALID"],
    ["/orders?order=id;drop%20table%20orders", "MLR_ARGUMENT_INVALID"],
    ["/orders?order=data", "MLR_ARGUMENT_INVALID"],
    ["/orders?select=id,nothing(id)", "MLR_ARGUMENT_INVALID"],
    ["/orders?select=", "MLR_ARGUMENT_INVALID"],
    ["/orders?data.jsonpath=$.(", "MLR_ARGUMENT_INVALID"],
    ["/orders?note.like=%5C", "MLR_ARGUMENT_INVALID"],
    ["/orders?note.eq=%00", "MLR_ARGUMENT_INVALID"],
    ["/orders?filter={", "MLR_ARGUMENT_INVALID"],
    [`/orders?filter=${"[".repeat(3000)}`, "MLR_ARGUMENT_INVALID"],
    [`/orders?filter=${'{"not":'.repeat(20)}{"and":[]}${"}".repeat(20)}`, "MLR_ARGUMENT_INVALID"],
    ["/orders?after=AAAA", "MLR_ARGUMENT_INVALID"],
    ["/orders?asOf=2026-01-01", "MLR_ARGUMENT_INVALID"],
    ["/orders?format=exe", "MLR_ARGUMENT_INVALID"],
    ["/pg_class", "MLR_SIGN_IN_REQUIRED"],
    ["/orders%22", "MLR_SIGN_IN_REQUIRED"],
  ])("%.60s fails with %s", async (url, code) => {
    const { status, body, text } = await bed.get(url);
    expect(body.code, text).toBe(code);
    expect(status).toBeLessThan(500);
  });

  test("is code in any place of a question: it is compared, or refused", async () => {
    const code = "1'); DROP TABLE orders; --";
    for (const op of ["eq", "ne", "lt", "in", "like", "ilike", "search", "contains", "jsonpath", "null"]) {
      for (const column of [
        "id",
        "price",
        "note",
        "tags",
        "data",
        "day",
        "data->size",
        `data->${code}`,
        `${code}`,
      ]) {
        const { status } = await bed.get(
          `/orders?${encodeURIComponent(`${column}.${op}`)}=${encodeURIComponent(code)}`,
        );
        expect([200, 400], `${column}.${op}`).toContain(status);
      }
    }
    const { rows } = await bed.tables.query<{ n: number }>("SELECT count(*)::int AS n FROM orders");
    expect(rows[0]?.n).toBe(251);
    expect(bed.logged).toEqual([]);
  });
});

describe("a cursor", () => {
  test("that was changed, or is of another table or order, is refused", async () => {
    const { next } = (await bed.get("/orders?limit=10")).body;
    const cursor = next ?? "";
    for (const at of [0, 12, cursor.length - 2]) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === "A" ? "B" : "A"}${cursor.slice(at + 1)}`;
      expect((await bed.get(`/orders?limit=10&after=${changed}`)).body.code).toBe("MLR_ARGUMENT_INVALID");
    }
    expect((await bed.get(`/customers?after=${cursor}`)).body.code).toBe("MLR_ARGUMENT_INVALID");
    expect((await bed.get(`/orders?order=price&after=${cursor}`)).body.code).toBe("MLR_ARGUMENT_INVALID");
    expect((await bed.get(`/orders?after=${cursor}&limit=1`)).body.items.map(({ id }) => id)).toEqual([11]);
  });
});

describe("an answer that was given before", () => {
  test("is given again until a pipeline commits, and not sent to who has it", async () => {
    const first = await bed.get("/customers?limit=3");
    const etag = String(first.headers["etag"]);
    expect((await bed.get("/customers?limit=3", { "if-none-match": etag })).status).toBe(304);
    // Nobody commits this, so nobody is told of it.
    await bed.tables.query("UPDATE customers SET name = 'renamed' WHERE id = 1");
    expect((await bed.get("/customers?limit=3")).text).toBe(first.text);
    await bed.tables.query(
      "UPDATE millrace.pipelines SET last_commit = last_commit + 1, updated_at = clock_timestamp()",
    );
    bed.later();
    const second = await bed.get("/customers?limit=3", { "if-none-match": etag });
    expect(second.body.items[0]).toMatchObject({ name: "renamed" });
    expect(second.headers["etag"]).not.toBe(etag);
  });
});
