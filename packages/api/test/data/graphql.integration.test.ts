import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Relation } from "../../src/data/exposure/relation.ts";
import { graphqlRoutes } from "../../src/data/graphql/graphql-routes.ts";
import { type DataBed, openDataBed } from "./data-bed.ts";

const SETUP = `
CREATE TABLE customers (id bigint PRIMARY KEY, name text, country text, _loaded_at timestamptz NOT NULL DEFAULT '2026-01-01');
CREATE TABLE orders (id integer PRIMARY KEY, customer_id bigint, price numeric(12,2), tags text[], facts jsonb, seen timestamptz, note text,
  "odd name!" integer, _row_hash bytea, _run_id uuid, _loaded_at timestamptz NOT NULL DEFAULT '2026-01-01');
INSERT INTO customers SELECT n, 'name ' || n, CASE WHEN n % 2 = 0 THEN 'at' ELSE 'de' END FROM generate_series(1, 5) n;
INSERT INTO customers VALUES (9007199254740993, 'large', 'ch');
INSERT INTO orders SELECT n, CASE WHEN n % 7 = 0 THEN NULL ELSE n % 5 + 1 END, CASE WHEN n % 11 = 0 THEN NULL ELSE n * 1.25 END,
  ARRAY['t' || n % 3], jsonb_build_object('size', n % 4, 'odd', n % 2 = 1), timestamptz '2026-01-01' + n * interval '1 hour',
  CASE WHEN n % 3 = 0 THEN 'Note "' || n || '"' END, n % 9 FROM generate_series(1, 60) n;
CREATE TABLE prices (sku text PRIMARY KEY, price bigint, _row_hash bytea, _run_id uuid, _loaded_at timestamptz NOT NULL);
CREATE TABLE prices__history (sku text, price bigint, _row_hash bytea, _run_id uuid, _loaded_at timestamptz, _version bigint, _operation text,
  _changed text[], _archived_at timestamptz, _archived_run uuid);
INSERT INTO prices VALUES ('a', 9007199254740993, NULL, NULL, '2026-02-02');
INSERT INTO prices__history VALUES ('a', 1, NULL, NULL, '2026-02-01', 1, 'update', '{price}', '2026-02-02'),
  ('b', 5, NULL, NULL, '2026-02-01', 2, 'remove', '{}', '2026-02-03');
INSERT INTO millrace.pipelines VALUES ('prices');
INSERT INTO millrace.tables VALUES ('public', 'prices', 'prices', 'merge', '{"key": ["sku"]}');`;

let bed: DataBed;

beforeAll(async () => {
  bed = await openDataBed(SETUP, { more: [graphqlRoutes({ limits: { cost: 2_000 } })] });
  const relations: Relation[] = [
    { name: "orders", table: "orders", columns: [["id", "customer_id"]], many: true },
  ];
  await bed.expose("customers", { relations });
  await bed.expose("orders", {
    relations: [{ name: "customer", table: "customers", columns: [["customer_id", "id"]], many: false }],
  });
  await bed.expose("prices");
  await bed.expose("customers", {
    relations,
    role: "narrow",
    roleColumns: ["id", "name"],
    rows: { column: "country", op: "eq", value: "at" },
  });
});

afterAll(() => bed.close());

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at whatever comes
  readonly data: any;
  readonly errors:
    readonly { readonly message: string; readonly extensions: { readonly code: string } }[] | undefined;
}

async function ask(
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
  more: object = {},
): Promise<Answer> {
  const answer = await bed.server.inject({
    method: "POST",
    url: "/data/graphql",
    headers: { "content-type": "application/json", ...headers },
    payload: JSON.stringify({ query, variables, ...more }),
  });
  const { data, errors } = JSON.parse(answer.body) as Answer;
  return { status: answer.statusCode, data, errors };
}

it("answers rows with what belongs to them, whatever they are called", async () => {
  const { data, errors } = await ask(
    `
    query ($most: Decimal) {
      cheap: orders(filter: { price: { lt: $most } }, order: [{ column: price, descending: true }], first: 2) {
        totalCount
        nodes { id cost: price tags facts odd_name_ __typename customer { ...who orders(first: 1) { id } } }
      }
      orders_by_key(id: 7) { id customer { id } }
      none: orders_by_key(id: 1000) { id }
    }
    fragment who on Customers { id name }`,
    { most: "10" },
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    cheap: {
      totalCount: 7,
      nodes: [
        {
          ...{
            id: 7,
            cost: "8.75",
            tags: ["t1"],
            facts: { odd: true, size: 3 },
            odd_name_: 7,
            __typename: "Orders",
          },
          customer: null,
        },
        {
          ...{
            id: 6,
            cost: "7.50",
            tags: ["t0"],
            facts: { odd: false, size: 2 },
            odd_name_: 6,
            __typename: "Orders",
          },
          customer: { id: "2", name: "name 2", orders: [{ id: 1 }] },
        },
      ],
    },
    orders_by_key: { id: 7, customer: null },
    none: null,
  });
});

it("goes from page to page by cursors, and from any row", async () => {
  const seen: number[] = [];
  let after: string | null = null;
  for (let page = 0; page < 20; page++) {
    const { data } = await ask(
      `query ($after: String) { orders(first: 17, after: $after, order: [{ column: note }]) {
         pageInfo { hasNextPage startCursor endCursor } edges { cursor node { id } } } }`,
      { after },
    );
    const { pageInfo, edges } = data.orders;
    seen.push(...edges.map(({ node }: { node: { id: number } }) => node.id));
    expect([edges[0].cursor, edges.at(-1).cursor]).toEqual([pageInfo.startCursor, pageInfo.endCursor]);
    after = pageInfo.endCursor;
    if (!pageInfo.hasNextPage) break;
  }
  expect(new Set(seen).size).toBe(60);
  expect(seen).toHaveLength(60);
  const [row] = await bed.get("/orders?order=note&limit=17").then(({ body }) => [body]);
  const rest = await ask(
    `query ($after: String) { orders(first: 1, after: $after, order: [{ column: note }]) { nodes { id } } }`,
    { after: row?.next },
  );
  expect(rest.data.orders.nodes).toEqual([{ id: seen[17] }]);
  const tampered = await ask(`query ($after: String) { orders(after: $after) { nodes { id } } }`, {
    after: row?.next,
  });
  expect(tampered).toMatchObject({ status: 400, errors: [{ extensions: { code: "MLR_ARGUMENT_INVALID" } }] });
});

it("answers every filter as REST does", async () => {
  const value = fc.integer({ min: -2, max: 62 });
  const one = fc.oneof(
    fc.record({
      column: fc.constant("id"),
      op: fc.constantFrom("eq", "ne", "lt", "lte", "gt", "gte"),
      value,
    }),
    fc.record({
      column: fc.constant("price"),
      op: fc.constantFrom("lt", "gte"),
      value: value.map((n) => `${n}.5`),
    }),
    fc.record({ column: fc.constant("id"), op: fc.constant("in"), value: fc.array(value, { maxLength: 4 }) }),
    fc.record({ column: fc.constantFrom("note", "price"), op: fc.constant("null"), value: fc.boolean() }),
    fc.record({
      column: fc.constant("note"),
      op: fc.constantFrom("like", "ilike", "eq", "search"),
      value: fc.constantFrom("N%", "note%", 'Note "3"', "'; DROP TABLE orders; --", "%"),
    }),
    fc.record({
      column: fc.constant("tags"),
      op: fc.constant("contains"),
      value: fc.constantFrom(["t1"], ["t1", "t2"], []),
    }),
  );
  type Tree = { readonly [name: string]: unknown };
  const tree = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      one,
      fc.record({ and: fc.array(tie("tree"), { maxLength: 3 }) }),
      fc.record({ or: fc.array(tie("tree"), { maxLength: 3 }) }),
      fc.record({ not: tie("tree") }),
    ),
  })).tree;
  const graphqlOf = (filter: Tree): Tree => {
    if (Array.isArray(filter["and"])) return { _and: filter["and"].map(graphqlOf) };
    if (Array.isArray(filter["or"])) return { _or: filter["or"].map(graphqlOf) };
    if (filter["not"] !== undefined) return { _not: graphqlOf(filter["not"] as Tree) };
    return { [filter["column"] as string]: { [filter["op"] as string]: filter["value"] } };
  };
  await fc.assert(
    fc.asyncProperty(tree, fc.boolean(), async (filter, descending) => {
      const order = descending ? "price.desc" : "price";
      const rest = await bed.get(
        `/orders?numbers=string&count=exact&limit=100&order=${order}&filter=${encodeURIComponent(JSON.stringify(filter))}&select=id,customer_id,price,tags,facts,seen,note`,
      );
      const { data, errors } = await ask(
        `query ($filter: OrdersFilter, $descending: Boolean) { orders(filter: $filter, first: 100, order: [{ column: price, descending: $descending }]) {
           totalCount nodes { id customer_id price tags facts seen note } } }`,
        { filter: graphqlOf(filter), descending },
      );
      expect(errors).toBeUndefined();
      expect(data.orders.nodes).toEqual(rest.body.items);
      expect(data.orders.totalCount).toBe(rest.body.count);
    }),
    { numRuns: 80 },
  );
});

it("tells versions and changes, and the table as it was", async () => {
  const { data, errors } = await ask(`{
    prices_history(sku: "a") { operation changed from to row { sku price } }
    prices_changes { operation at fields cursor row { amount: price } }
    was: prices(asOf: "2026-02-01T12:00:00Z") { nodes { sku price } }
    is: prices { nodes { sku price } }
  }`);
  expect(errors).toBeUndefined();
  expect(data.prices_history).toMatchObject([
    { operation: "current", changed: [], to: null, row: { sku: "a", price: "9007199254740993" } },
    { operation: "update", changed: ["price"], row: { sku: "a", price: "1" } },
  ]);
  expect(
    data.prices_changes.map(({ operation, row }: { operation: string; row: object }) => [operation, row]),
  ).toEqual([
    ["inserted", { amount: "1" }],
    ["inserted", { amount: "5" }],
    ["updated", { amount: "9007199254740993" }],
    ["removed", { amount: "5" }],
  ]);
  expect(data.was.nodes).toEqual([
    { sku: "a", price: "1" },
    { sku: "b", price: "5" },
  ]);
  expect(data.is.nodes).toEqual([{ sku: "a", price: "9007199254740993" }]);
  const since = data.prices_changes[2].cursor;
  const rest = await ask(`query ($since: String) { prices_changes(since: $since) { operation } }`, { since });
  expect(rest.data.prices_changes).toEqual([{ operation: "removed" }]);
});

it("shows a role no more than its policies do, in the schema as well", async () => {
  const { headers } = await bed.key("narrow");
  const { data } = await ask(
    "{ customers(order: [{ column: id }]) { totalCount nodes { id name } } }",
    {},
    headers,
  );
  expect(data.customers).toEqual({
    totalCount: 2,
    nodes: [
      { id: "2", name: "name 2" },
      { id: "4", name: "name 4" },
    ],
  });
  const hidden = await ask("{ customers { nodes { country } } orders { nodes { id } } }", {}, headers);
  expect(hidden).toMatchObject({ status: 400, data: undefined });
  const schema = await ask(
    '{ __schema { queryType { fields { name } } } __type(name: "Customers") { fields { name } } }',
    {},
    headers,
  );
  expect(schema.data).toEqual({
    __schema: { queryType: { fields: [{ name: "customers" }, { name: "customers_by_key" }] } },
    __type: { fields: [{ name: "id" }, { name: "name" }] },
  });
  const foreign = await ask("{ customers { nodes { id } } }", {}, { authorization: "Bearer mlrd_foreign" });
  expect(foreign).toMatchObject({ status: 401, errors: [{ extensions: { code: "MLR_SIGN_IN_REQUIRED" } }] });
});

it("refuses what costs too much before the database hears of it", async () => {
  const deep = `{ orders { nodes { ${"customer { orders { ".repeat(20)} id ${"} }".repeat(20)} } } }`;
  const aliases = `{ ${Array.from({ length: 900 }, (_, n) => `a${n}: orders_by_key(id: ${n}) { id }`).join(" ")} }`;
  const roots = `{ ${Array.from({ length: 30 }, (_, n) => `a${n}: orders_by_key(id: ${n}) { id }`).join(" ")} }`;
  const product = "{ orders(first: 1000) { nodes { customer { orders(first: 100) { id } } } } }";
  const fragments = `${Array.from({ length: 30 }, (_, n) => `fragment f${n} on Orders { id ...f${n + 1} ...f${n + 1} }`).join(" ")} fragment f30 on Orders { id } { orders { nodes { ...f0 } } }`;
  const cycle = "fragment a on Orders { ...b } fragment b on Orders { ...a } { orders { nodes { ...a } } }";
  const brackets = `{ orders(filter: ${"{_not:".repeat(3_000)}{}${"}".repeat(3_000)}) { nodes { id } } }`;
  const nested = `{ orders(filter: ${"{_not:".repeat(40)}{id:{eq:1}}${"}".repeat(40)}) { nodes { id } } }`;
  for (const query of [
    deep,
    aliases,
    roots,
    product,
    fragments,
    cycle,
    brackets,
    nested,
    "{ orders(first: -1) { nodes { id } } }",
    "{",
    "",
    "mutation { a }",
  ]) {
    const answer = await ask(query);
    expect([answer.status, answer.errors?.[0]?.extensions.code], query.slice(0, 60)).toEqual([
      400,
      "MLR_ARGUMENT_INVALID",
    ]);
  }
  expect(bed.logged).toEqual([]);
});

it("never fails by itself, whatever is sent", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.jsonValue(),
      fc.constantFrom("note", "price", "seen", "facts", "tags", "id"),
      async (like, any, column) => {
        const first = await ask(`query ($f: OrdersFilter) { orders(filter: $f) { nodes { id } } }`, {
          f: {
            note: { like, search: like },
            facts: { contains: any, inside: [{ path: [like], eq: any }], jsonpath: like },
          },
        });
        const second = await ask(`query ($f: OrdersFilter) { orders(filter: $f) { nodes { id } } }`, {
          f: { [column]: { eq: any } },
        });
        expect([200, 400]).toContain(first.status);
        expect([200, 400]).toContain(second.status);
      },
    ),
    { numRuns: 100 },
  );
  for (const payload of ["[]", '"a"', "{}", '{"query":1}', '{"query":"{a}","variables":[]}', "not json"]) {
    const { statusCode, body } = await bed.server.inject({
      method: "POST",
      url: "/data/graphql",
      headers: { "content-type": "application/json" },
      payload,
    });
    expect([statusCode, Array.isArray(JSON.parse(body).errors)], payload).toEqual([400, true]);
  }
});

it("takes the hash in place of a text that it has heard once, also by GET", async () => {
  const query = "{ orders_by_key(id: 1) { id } }";
  const persistedQuery = { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") };
  const url = `/data/graphql?extensions=${encodeURIComponent(JSON.stringify({ persistedQuery }))}`;
  const unknown = await bed.server.inject({ method: "GET", url });
  expect(JSON.parse(unknown.body).errors[0].message).toBe("PersistedQueryNotFound");
  expect((await ask(query, {}, {}, { extensions: { persistedQuery } })).status).toBe(200);
  expect(JSON.parse((await bed.server.inject({ method: "GET", url })).body)).toEqual({
    data: { orders_by_key: { id: 1 } },
  });
  const other = await ask("{ orders_by_key(id: 2) { id } }", {}, {}, { extensions: { persistedQuery } });
  expect(other.status).toBe(400);
});

it("answers saved queries alone, and tells nothing of the schema, where it is set so", async () => {
  const query = "{ orders_by_key(id: 3) { id } }";
  const strict = await openDataBed(
    "CREATE TABLE orders (id integer PRIMARY KEY); INSERT INTO orders VALUES (3)",
    {
      more: [
        graphqlRoutes({
          savedOnly: true,
          introspection: false,
          saved: {
            find: async (sha256) =>
              [query, "{ __schema { queryType { name } } }"].find(
                (each) => createHash("sha256").update(each).digest("hex") === sha256,
              ),
          },
        }),
      ],
    },
  );
  try {
    await strict.expose("orders");
    const post = (payload: object) => strict.server.inject({ method: "POST", url: "/data/graphql", payload });
    expect(JSON.parse((await post({ query })).body)).toEqual({ data: { orders_by_key: { id: 3 } } });
    expect((await post({ query: "{ orders { nodes { id } } }" })).statusCode).toBe(403);
    expect(
      JSON.parse((await post({ query: "{ __schema { queryType { name } } }" })).body).errors[0].message,
    ).toContain("introspection");
  } finally {
    await strict.close();
  }
});

it("tells a subscriber changes as they happen", async () => {
  const address = await bed.server.listen({ host: "127.0.0.1", port: 0 });
  const ending = new AbortController();
  const response = await fetch(`${address}/data/graphql`, {
    method: "POST",
    signal: ending.signal,
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({
      query:
        'subscription { prices_changes(since: "2026-02-02T12:00:00Z") { operation cursor row { sku price } } }',
    }),
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const found: unknown[] = [];
  let text = "";
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  const next = async (count: number): Promise<void> => {
    while (found.length < count) {
      const { value = "", done } = await reader.read();
      if (done) throw new Error("The stream ended");
      text += value;
      for (const [, data] of text.matchAll(/^event: next\ndata: (.+)$/gm))
        found.push(...JSON.parse(data ?? "").data.prices_changes);
      text = text.slice(text.lastIndexOf("\n\n") + 2);
    }
  };
  await next(1);
  expect(found).toMatchObject([{ operation: "removed", row: { sku: "b" } }]);
  await bed.tables.query(
    "INSERT INTO prices VALUES ('c', 7, NULL, NULL, now()); UPDATE millrace.pipelines SET last_commit = last_commit + 1, updated_at = now()",
  );
  await next(2);
  expect(found[1]).toMatchObject({ operation: "inserted", row: { sku: "c", price: "7" } });
  ending.abort();
});

it("has a page for people that needs no other server", async () => {
  const page = await bed.server.inject({
    method: "GET",
    url: "/data/graphql",
    headers: { accept: "text/html" },
  });
  const named = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? "");
  // What stands in the page itself is asked of nobody.
  const files = named.filter((file) => !file.startsWith("data:"));
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) {
    const answer = await bed.server.inject({ method: "GET", url: file });
    expect([file, answer.statusCode]).toEqual([expect.stringMatching(/^\/data\/graphql\//), 200]);
  }
});
