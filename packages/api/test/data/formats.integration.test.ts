import { tableFromIPC } from "@uwdata/flechette";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DataBed, openDataBed } from "./data-bed.ts";

const SETUP = `
CREATE TABLE things (id bigint PRIMARY KEY, ok boolean, small smallint, price numeric(30,10), ratio double precision, name text, day date,
  at timestamp, seen timestamptz, data jsonb, raw bytea, tags text[]);
INSERT INTO things SELECT i, i % 2 = 0, i % 100, i + 0.0000000001, CASE i WHEN 3 THEN 'NaN' ELSE i / 8.0 END, 'name, "' || i || '"', date '2026-01-01' + i % 1000,
  timestamp '2026-01-01 00:00:00.000001' + i * interval '1 s', timestamptz '1969-12-31T23:59:59.999999Z', '{"a":[1,"x"]}', '\\x00ff', ARRAY['a', NULL]
  FROM generate_series(1, 25000) AS i;
INSERT INTO things (id) VALUES (9007199254740993);
CREATE TABLE nothing (id integer PRIMARY KEY, name text);
CREATE TABLE wide (id integer PRIMARY KEY, name text);
INSERT INTO wide SELECT i, repeat('x', 1000) FROM generate_series(1, 60000) AS i;`;

let bed: DataBed;

beforeAll(async () => {
  bed = await openDataBed(SETUP);
  for (const table of ["things", "nothing", "wide"]) await bed.expose(table);
});
afterAll(async () => bed.close());

async function bytesOf(url: string, headers = {}): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await bed.server.inject({ method: "GET", url: `/data${url}`, headers });
  expect(answer.statusCode).toBe(200);
  return Uint8Array.from(answer.rawPayload);
}

describe("all rows", () => {
  test("come as lines of JSON", async () => {
    const { text, headers } = await bed.get("/things?format=ndjson&numbers=string");
    const lines = text.trimEnd().split("\n");
    expect(headers["content-type"]).toBe("application/x-ndjson");
    expect(lines).toHaveLength(25_001);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ id: "9007199254740993", name: null });
  });

  test("come as CSV with every digit", async () => {
    const { text } = await bed.get("/things?format=csv&select=id,price,name,data,tags&id.lte=1");
    expect(text).toBe(
      'id,price,name,data,tags\r\n1,1.0000000001,"name, ""1""","{""a"":[1,""x""]}","[""a"",null]"\r\n',
    );
    expect((await bed.get("/nothing?format=csv")).text).toBe("id,name\r\n");
  });

  test("come as Parquet with their types", async () => {
    const file = await bytesOf("/things", { accept: "application/vnd.apache.parquet" });
    const rows = (await parquetReadObjects({ file: file.buffer })) as Record<string, unknown>[];
    expect(rows).toHaveLength(25_001);
    expect(rows[2]).toMatchObject({
      id: 3n,
      ok: false,
      small: 3,
      price: "3.0000000001",
      ratio: Number.NaN,
      name: 'name, "3"',
      day: new Date("2026-01-04"),
      data: '{"a":[1,"x"]}',
      tags: '["a",null]',
    });
    expect(rows.at(-1)).toMatchObject({ id: 9007199254740993n, ok: null, name: null, seen: null });
    const empty = await bytesOf("/nothing?format=parquet");
    expect(await parquetReadObjects({ file: empty.buffer })).toEqual([]);
  });

  test("come as an Arrow stream of several batches", async () => {
    const table = tableFromIPC(await bytesOf("/things?format=arrow"), { useBigInt: true, useDate: false });
    expect([table.numRows, table.getChild("id").data.length]).toEqual([25_001, 26]);
    expect(table.getChild("id").at(25_000)).toBe(9007199254740993n);
    expect(table.getChild("price").at(0)).toBe("1.0000000001");
    expect(table.getChild("day").at(0)).toBe(Date.parse("2026-01-02"));
    expect(table.getChild("seen").at(0)).toBeCloseTo(-0.001, 6);
    expect(table.getChild("raw").at(0)).toEqual(Uint8Array.of(0, 255));
    expect(table.getChild("ratio").at(2)).toBeNaN();
    expect(table.getChild("name").at(25_000)).toBeNull();
    expect(tableFromIPC(await bytesOf("/nothing?format=arrow")).numRows).toBe(0);
  });

  test("are the first ones where a limit is given, and in the order that is asked for", async () => {
    const { text } = await bed.get("/things?format=ndjson&select=id&order=id.desc&limit=2&id.lt=100");
    expect(text).toBe('{"id":99}\n{"id":98}\n');
  });

  test("are refused before the first byte where something is wrong", async () => {
    expect((await bed.get("/things?format=csv&price.gt=x")).body.code).toBe("MLR_ARGUMENT_INVALID");
    expect((await bed.get("/things?format=csv&count=exact")).body.code).toBe("MLR_ARGUMENT_INVALID");
  });

  test("are read no faster than the client takes them", async () => {
    const rows = bed.service.reader.stream<{ name: string }>(
      { text: "SELECT name FROM public.wide", values: [] },
      { role: "public", portion: 1_000 },
    );
    await rows.next();
    const { rows: asked } = await bed.tables.query<{ query: string; state: string }>(
      "SELECT query, state FROM pg_stat_activity WHERE query LIKE 'FETCH%'",
    );
    expect(asked).toEqual([{ query: "FETCH 1000 FROM millrace_rows", state: "idle in transaction" }]);
    await rows.return(undefined);
    const { rows: left } = await bed.tables.query(
      "SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'",
    );
    expect(left).toEqual([]);
  });
});
