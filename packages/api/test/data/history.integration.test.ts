import { get } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DataBed, openDataBed } from "./data-bed.ts";

// Three commits: the first brings 1, 2 and 3; the second changes 1 and 2 and brings 4; the third removes 2 and changes the secret of 3.
const SETUP = `
CREATE TABLE prices (id integer PRIMARY KEY, price numeric, country text, secret text, _row_hash bytea, _run_id uuid, _loaded_at timestamptz NOT NULL);
CREATE TABLE prices__history (id integer NOT NULL, price numeric, country text, secret text, _row_hash bytea, _run_id uuid, _loaded_at timestamptz NOT NULL,
  _version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, _operation text NOT NULL, _changed text[] NOT NULL, _archived_at timestamptz NOT NULL, _archived_run uuid);
INSERT INTO prices (id, price, country, secret, _loaded_at) VALUES
  (1, 1.5, 'CH', 's', '2026-01-02Z'), (3, 3, 'CH', 'new', '2026-01-03T00:00:00.000123Z'), (4, 4, 'DE', 's', '2026-01-02Z');
INSERT INTO prices__history (id, price, country, secret, _loaded_at, _operation, _changed, _archived_at) VALUES
  (1, 1, 'CH', 's', '2026-01-01Z', 'update', '{price}', '2026-01-02Z'), (2, 2, 'DE', 's', '2026-01-01Z', 'update', '{country}', '2026-01-02Z'),
  (2, 2, 'CH', 's', '2026-01-02Z', 'remove', '{}', '2026-01-03T00:00:00.000123Z'), (3, 3, 'CH', 's', '2026-01-01Z', 'update', '{secret}', '2026-01-03T00:00:00.000123Z');
CREATE TABLE plain (id integer PRIMARY KEY);
INSERT INTO millrace.pipelines VALUES ('shop');
INSERT INTO millrace.tables VALUES ('public', 'prices', 'shop', 'merge', '{"key":["id"]}'), ('public', 'plain', 'shop', 'upsert', '{"key":["id"]}');`;

let bed: DataBed;
let swiss: { readonly headers: { readonly authorization: string } };

beforeAll(async () => {
  bed = await openDataBed(SETUP);
  await bed.expose("prices", { columns: ["id", "price", "country"] });
  await bed.expose("plain");
  await bed.service.exposures.allow({
    role: "swiss",
    table: "prices",
    rows: { column: "country", op: "eq", value: "CH" },
    by: "test",
  });
  bed.later();
  swiss = await bed.key("swiss");
});
afterAll(async () => bed.close());

describe("a table as it was", () => {
  test.each([
    ["2025-12-31", []],
    ["2026-01-01", [1, 2, 3]],
    ["2026-01-01T23:59:59.999999Z", [1, 2, 3]],
    ["2026-01-02T00:00:00Z", [1, 2, 3, 4]],
    ["2026-01-02T01:00:00%2B01:00", [1, 2, 3, 4]],
    ["2026-01-03T00:00:00.000122Z", [1, 2, 3, 4]],
    ["2026-01-03T00:00:00.000123Z", [1, 3, 4]],
  ])("at %s", async (at, expected) => {
    const { body, text } = await bed.get(`/prices?asOf=${at}`);
    expect(
      body.items.map(({ id }) => id),
      text,
    ).toEqual(expected);
  });

  test("has the values of then, and pages", async () => {
    const { body } = await bed.get("/prices?asOf=2026-01-01&limit=1");
    expect(body.items).toEqual([{ id: 1, price: 1, country: "CH" }]);
    const { body: second } = await bed.get(`/prices?asOf=2026-01-01&limit=5&after=${body.next}`);
    expect(second.items.map(({ id }) => id)).toEqual([2, 3]);
    expect((await bed.get(`/prices?asOf=2026-01-02&after=${body.next}`)).status).toBe(400);
  });

  test("has the rows alone that the role sees", async () => {
    const { body } = await bed.get("/prices?asOf=2026-01-01", swiss.headers);
    expect(body.items.map(({ id }) => id)).toEqual([1, 3]);
  });

  test("is refused where old versions are not kept, or the time is none", async () => {
    expect((await bed.get("/plain?asOf=2026-01-01")).status).toBe(400);
    expect((await bed.get("/prices?asOf=yesterday")).status).toBe(400);
    expect((await bed.get("/prices?asOf=2026-13-01")).status).toBe(400);
  });
});

describe("the history of a row", () => {
  test("has every version, newest first, without what is not shown", async () => {
    const { body } = await bed.get("/prices/2/history");
    expect(body.items).toEqual([
      {
        operation: "remove",
        changed: [],
        from: "2026-01-02T00:00:00+00:00",
        to: "2026-01-03T00:00:00.000123+00:00",
        row: { id: 2, price: 2, country: "CH" },
      },
      {
        operation: "update",
        changed: ["country"],
        from: "2026-01-01T00:00:00+00:00",
        to: "2026-01-02T00:00:00+00:00",
        row: { id: 2, price: 2, country: "DE" },
      },
    ]);
    const { body: third } = await bed.get("/prices/3/history");
    expect(third.items.map(({ operation, changed }) => [operation, changed])).toEqual([
      ["current", []],
      ["update", []],
    ]);
  });

  test("has the versions alone that the role sees", async () => {
    expect((await bed.get("/prices/2/history", swiss.headers)).body.items).toHaveLength(1);
  });

  test("is refused for what is no key", async () => {
    expect((await bed.get("/prices/x/history")).status).toBe(400);
    expect((await bed.get("/prices/1,2/history")).status).toBe(400);
    expect((await bed.get("/plain/1/history")).status).toBe(400);
    expect((await bed.get("/prices/1/history?x=1")).status).toBe(400);
  });
});

const told = (items: readonly Readonly<Record<string, unknown>>[]): unknown[] =>
  items.map(({ operation, fields, row }) => [operation, (row as { id: number }).id, fields]);

describe("changes", () => {
  const ALL = [
    ["inserted", 1, null],
    ["inserted", 2, null],
    ["inserted", 3, null],
    ["updated", 1, ["price"]],
    ["updated", 2, ["country"]],
    ["inserted", 4, null],
    ["removed", 2, null],
  ];

  test("are told in order of commits, without updates of what is not shown", async () => {
    const { body, text } = await bed.get("/prices/changes");
    expect(told(body.items), text).toEqual(ALL);
    expect(body.items.at(-1)).toEqual({
      operation: "removed",
      at: "2026-01-03T00:00:00.000123+00:00",
      fields: null,
      row: { id: 2, price: 2, country: "CH" },
    });
  });

  test("go on behind the last that was seen, and behind a time", async () => {
    const seen: unknown[] = [];
    let since = "";
    for (;;) {
      const { body } = await bed.get(`/prices/changes?limit=2${since}`);
      if (body.items.length === 0) break;
      seen.push(...told(body.items));
      since = `&since=${body.next}`;
    }
    expect(seen).toEqual(ALL);
    expect(told((await bed.get("/prices/changes?since=2026-01-02T00:00:00Z")).body.items)).toEqual([
      ["removed", 2, null],
    ]);
    expect((await bed.get("/prices/changes?since=AAAA")).status).toBe(400);
  });

  test("tell who sees some rows alone what comes into them and goes out", async () => {
    expect(told((await bed.get("/prices/changes", swiss.headers)).body.items)).toEqual([
      ["inserted", 1, null],
      ["inserted", 3, null],
      ["updated", 1, ["price"]],
      ["inserted", 2, null],
      ["removed", 2, null],
    ]);
    const filter = encodeURIComponent('{"column":"country","op":"eq","value":"DE"}');
    expect(told((await bed.get(`/prices/changes?filter=${filter}`)).body.items)).toEqual([
      ["inserted", 2, null],
      ["removed", 2, null],
      ["inserted", 4, null],
    ]);
  });

  test("are sent as they happen to who follows", async () => {
    await bed.server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = bed.server.server.address() as AddressInfo;
    let text = "";
    const request = get({
      port,
      path: "/data/prices/changes?since=2026-01-02T00:00:00Z",
      headers: { accept: "text/event-stream" },
    });
    request.on("error", () => undefined);
    request.on("response", (response) =>
      response
        .setEncoding("utf8")
        .on("data", (chunk: string) => (text += chunk))
        .on("error", () => undefined),
    );
    await expect.poll(() => text, { timeout: 30_000 }).toContain("event: removed");
    await bed.tables.query(`INSERT INTO prices (id, price, country, _loaded_at) VALUES (9, 9, 'CH', now());
      UPDATE millrace.pipelines SET last_commit = last_commit + 1`);
    await expect.poll(() => text, { timeout: 30_000 }).toContain('"row":{"id":9,"price":9,"country":"CH"}');
    const last = /id: (\S+)\nevent: inserted/.exec(text)?.[1] ?? "";
    expect((await bed.get("/prices/changes", { "last-event-id": last })).body.items).toEqual([]);
    request.destroy();
  });
});
