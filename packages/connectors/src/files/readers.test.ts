import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { duck, duckTypes } from "../../test/file-tables/duckdb.ts";
import { load, testFolder } from "../../test/file-tables/writer.ts";

const COLUMNS = {
  id: "bigint",
  price: "numeric(12,2)",
  at: "timestamp",
  instant: "timestamptz",
  day: "date",
  time: "time",
  who: "uuid",
  data: "json",
  list: "text[]",
  flag: "boolean",
  real: "real",
  double: "double",
  bytes: "bytea",
  text: "text",
};
const ROW = {
  id: 9_007_199_254_740_993n,
  price: "1234567890.50",
  at: "2026-11-21T10:20:30.123456",
  instant: "2026-11-21T10:20:30.000001+02:00",
  day: "2026-11-21",
  time: "23:59:59.999999",
  who: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
  data: { b: [1, null], a: "x" },
  list: ["a", null, ""],
  flag: true,
  real: 1.5,
  double: 0.1,
  bytes: new Uint8Array([0, 255]),
  text: 'it\'s "q", é\n=1',
};

describe("files read by DuckDB with a plain glob", () => {
  it("have in Parquet the types and values that were written", async () => {
    const folder = await testFolder({ format: "parquet" });
    await load(folder, [ROW, { id: 2 }], { mode: "append", columns: COLUMNS });
    const glob = `'${folder.root}/t/**/*.parquet'`;
    expect(await duckTypes(glob)).toEqual({
      id: "BIGINT",
      price: "DECIMAL(12,2)",
      at: "TIMESTAMP",
      instant: "TIMESTAMP WITH TIME ZONE",
      day: "DATE",
      time: "TIME",
      who: "UUID",
      data: "JSON",
      list: "VARCHAR[]",
      flag: "BOOLEAN",
      real: "FLOAT",
      double: "DOUBLE",
      bytes: "BLOB",
      text: "VARCHAR",
    });
    const [row, empty] = await duck(`SELECT * REPLACE (instant AT TIME ZONE 'UTC' AS instant) FROM ${glob}`);
    expect(row).toEqual({
      ...ROW,
      id: "9007199254740993",
      at: "2026-11-21 10:20:30.123456",
      instant: "2026-11-21 08:20:30.000001",
      data: '{"a":"x","b":[1,null]}',
      bytes: "\\x00\\xFF",
    });
    expect(Object.values(empty ?? {}).filter((value) => value !== null)).toEqual(["2"]);
    const found = await duck(
      `SELECT count(*) AS n FROM ${glob} WHERE "at" >= '2026-11-21' AND price > 5 AND text LIKE 'it%'`,
    );
    expect(found).toEqual([{ n: "1" }]);
  });

  it("have in CSV the values that were written, null and the empty text apart", async () => {
    const folder = await testFolder({ format: "csv" });
    await load(folder, [ROW, { id: 2, text: "" }, { id: 3 }], { mode: "append", columns: COLUMNS });
    const from = `read_csv('${folder.root}/t/*.csv', allow_quoted_nulls = false)`;
    expect(await duckTypes(from)).toMatchObject({
      id: "BIGINT",
      at: "TIMESTAMP",
      instant: "TIMESTAMP WITH TIME ZONE",
      day: "DATE",
      time: "TIME",
      flag: "BOOLEAN",
      text: "VARCHAR",
    });
    const rows = await duck(
      `SELECT id, price::VARCHAR AS price, data, list, bytes, text FROM ${from} ORDER BY id`,
    );
    expect(rows).toEqual([
      { id: "2", price: null, data: null, list: null, bytes: null, text: "" },
      { id: "3", price: null, data: null, list: null, bytes: null, text: null },
      {
        id: "9007199254740993",
        price: "1234567890.5",
        data: '{"a":"x","b":[1,null]}',
        list: '["a",null,""]',
        bytes: "\\x00ff",
        text: ROW.text,
      },
    ]);
  });

  it("have in JSONL every column, also the nested ones", async () => {
    const folder = await testFolder({ format: "jsonl", compression: "gzip" });
    await load(folder, [ROW, { id: 2, text: "" }, { id: 3 }], { mode: "append", columns: COLUMNS });
    const rows = await duck(
      `SELECT id, data.a AS a, list, text, day + 1 AS next FROM '${folder.root}/t/*.jsonl.gz' ORDER BY id DESC`,
    );
    expect(rows).toEqual([
      { id: "9007199254740993", a: "x", list: ["a", null, ""], text: ROW.text, next: "2026-11-22" },
      { id: "3", a: null, list: null, text: null, next: null },
      { id: "2", a: null, list: null, text: "", next: null },
    ]);
  });

  it("can be asked by folder, and the files hold the column too", async () => {
    for (const format of ["parquet", "csv"] as const) {
      const folder = await testFolder({ format, partitionBy: ["day", "city"] });
      const rows = [
        { id: 1, day: "2026-11-21", city: "Rome/Milan" },
        { id: 2, day: "2026-11-21", city: null },
        { id: 3, day: "2026-11-22", city: "São Paulo" },
      ];
      await load(folder, rows, { mode: "append", columns: { day: "date", city: "text" } });
      const from = `read_${format}('${folder.root}/t/**/*.${format}', hive_partitioning = true)`;
      expect(await duck(`SELECT id, city FROM ${from} WHERE day = '2026-11-21' ORDER BY id`)).toMatchObject([
        { city: "Rome/Milan" },
        { city: null },
      ]);
      expect(await duck(`SELECT count(*) AS n FROM ${from}`)).toEqual([{ n: "3" }]);
      expect((await folder.files()).map((path) => path.replace(/\/part-.*/, ""))).toEqual([
        "t/day=2026-11-21/city=Rome%2FMilan",
        "t/day=2026-11-21/city=__HIVE_DEFAULT_PARTITION__",
        "t/day=2026-11-22/city=São Paulo",
      ]);
    }
  });

  it("are read by name where a column came later", async () => {
    const folder = await testFolder({ format: "parquet" });
    await load(folder, [{ id: 1, v: 1 }]);
    await load(folder, [{ id: 2, v: "text", added: true }]);
    const from = `read_parquet('${folder.root}/t/*.parquet', union_by_name = true)`;
    expect(await duck(`SELECT * FROM ${from} ORDER BY id`)).toEqual([
      { id: 1, v: "1", added: null },
      { id: 2, v: "text", added: true },
    ]);
  });
});

describe("CSV", () => {
  const texts = [
    "plain",
    "a,b",
    'say "hi"',
    '"',
    "line\nbreak",
    "carriage\rreturn",
    "both\r\n",
    " blank at the ends ",
    "\ttab",
    "",
    "\ufeffmark",
    "NULL",
    "😀 é",
  ];

  it("quotes so that another parser gets the same texts", async () => {
    const folder = await testFolder({ format: "csv" });
    await load(
      folder,
      texts.map((text, id) => ({ id, text })),
    );
    const [path = ""] = await folder.files();
    const parsed = parse(await readFile(join(folder.root, path), "utf8"), { columns: true, bom: true });
    expect((parsed as Record<string, string>[]).map(({ text }) => text)).toEqual(texts);
  });

  it("writes texts that a spreadsheet would run as they are, or with an apostrophe where that is wanted", async () => {
    const rows = ["=1+1", "'=1", "+4", "-5", "@x", "5"].map((text, id) => ({ id, text, number: -id }));
    const lines = async (formulas: "keep" | "escape"): Promise<string[]> => {
      const folder = await testFolder({ format: "csv", formulas });
      await load(folder, rows, {
        mode: "append",
        columns: { id: "integer", text: "text", number: "integer" },
      });
      const inspector = await folder.destination.inspect();
      expect(await inspector.verify("t")).toMatchObject({ rows: 6, equal: 6 });
      const [path = ""] = await folder.files();
      return (await readFile(join(folder.root, path), "utf8")).split("\n").slice(1, -1);
    };
    expect(await lines("keep")).toEqual(["0,=1+1,0", "1,'=1,-1", "2,+4,-2", "3,-5,-3", "4,@x,-4", "5,5,-5"]);
    expect(await lines("escape")).toEqual([
      "0,'=1+1,0",
      "1,''=1,-1",
      "2,'+4,-2",
      "3,'-5,-3",
      "4,'@x,-4",
      "5,5,-5",
    ]);
  });

  it("takes another delimiter and another word for null", async () => {
    const folder = await testFolder({ format: "csv", delimiter: "|", nullText: "\\N" });
    await load(folder, [
      { a: "x|y", b: null },
      { a: "\\N", b: "," },
    ]);
    const [path = ""] = await folder.files();
    expect(await readFile(join(folder.root, path), "utf8")).toBe('a|b\n"x|y"|\\N\n"\\N"|,\n');
  });
});
