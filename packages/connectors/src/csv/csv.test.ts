import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VEGA, collect, temporaryFolder, type Collected } from "../../test/files/collect.ts";
import { csv, tsv, type CsvOptions } from "./index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function read(
  content: string | Uint8Array,
  options: Omit<CsvOptions, "path"> = {},
): Promise<Collected> {
  const name = `${++count}.csv`;
  await writeFile(path.join(folder.path, name), content);
  return collect(csv({ path: name, ...options }), { directory: folder.path });
}

describe("real files", () => {
  test("airports come whole, as text that is said to be untyped", async () => {
    const { rows, rejected, messages } = await collect(csv({ path: "airports.csv" }), { directory: VEGA });
    expect(rows).toHaveLength(3376);
    expect(rejected).toEqual([]);
    expect(rows[0]).toEqual({
      iata: "00M",
      name: "Thigpen",
      city: "Bay Springs",
      state: "MS",
      country: "USA",
      latitude: "31.95376472",
      longitude: "-89.23450472",
    });
    expect(messages.filter((message) => message.type === "rows").every((message) => message.untyped)).toBe(
      true,
    );
    expect(messages.map((message) => message.type)).toEqual([
      "begin",
      "rows",
      "progress",
      "progress",
      "checkpoint",
      "complete",
      "checkpoint",
    ]);
  });

  test("tab-separated files are read by tsv, and by csv that finds the tab", async () => {
    const ours = await collect(tsv({ path: "unemployment.tsv" }), { directory: VEGA });
    expect(ours.rows).toHaveLength(3218);
    expect(ours.rows[0]).toEqual({ id: "1001", rate: ".097" });
    const found = await collect(csv({ path: "unemployment.tsv" }), { directory: VEGA });
    expect(found.rows).toEqual(ours.rows);
  });
});

describe("the dialect", () => {
  test.each([
    [";", "name;price\nA;1,5\nB;2,5\n"],
    ["|", "name|price\nA, B|1,5\nB|2,5\n"],
    ["\t", "name\tprice\nA\t1,5\nB\t2,5\n"],
    [",", 'name,price\n"A;B;C",1\n"D;E;F",2\n'],
  ])("has the delimiter %j where that divides the file evenly", async (_, content) => {
    const { rows, rejected } = await read(content);
    expect(rejected).toEqual([]);
    expect(rows.map((row) => Object.keys(row))).toEqual([
      ["name", "price"],
      ["name", "price"],
    ]);
  });

  test("is what Excel writes into a first line of its own", async () => {
    const { rows, places } = await read("sep=;\r\na;b\r\n1,2;3\r\n");
    expect(rows).toEqual([{ a: "1,2", b: "3" }]);
    expect(places).toEqual([`${count}.csv:3`]);
  });

  test("may be one column", async () => {
    expect((await read("word\nalpha\nbeta\n")).rows).toEqual([{ word: "alpha" }, { word: "beta" }]);
  });
});

describe("the header", () => {
  test("may be missing or given", async () => {
    expect((await read("1,2\n", { header: false })).rows).toEqual([{ column_1: "1", column_2: "2" }]);
    expect((await read("x\n1,2\n", { header: ["a", "b"], skipLines: 1 })).rows).toEqual([{ a: "1", b: "2" }]);
  });

  test("names columns without a name by their number, and trims names", async () => {
    expect((await read(" a ,,c\n1,2,3\n")).rows).toEqual([{ a: "1", column_2: "2", c: "3" }]);
  });

  test("may not have a name twice, unless that is said", async () => {
    await expect(read("a,b,a\n1,2,3\n")).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: `${count}.csv: the header has a name twice: a`,
    });
    expect((await read("a,a,a_2\n1,2,3\n", { duplicateHeaders: "suffix" })).rows).toEqual([
      { a: "1", a_3: "2", a_2: "3" },
    ]);
  });

  test("may have hostile names", async () => {
    const { rows } = await read('__proto__,"a""]; throw 1; //",constructor\n1,2,3\n');
    expect(Object.entries(rows[0] ?? {})).toEqual([
      ["__proto__", "1"],
      ['a"]; throw 1; //', "2"],
      ["constructor", "3"],
    ]);
  });

  test("alone is an empty but complete reading", async () => {
    const { rows, messages } = await read("a,b\n");
    expect(rows).toEqual([]);
    expect(messages.filter((message) => message.type === "complete")).toHaveLength(1);
  });

  test("is missed in an empty file", async () => {
    for (const content of ["", "\ufeff", "\n\n"]) {
      await expect(read(content)).rejects.toMatchObject({
        code: "MLR_SOURCE_FORMAT",
        message: `${count}.csv is empty`,
      });
      expect((await read(content, { allowEmpty: true })).rows).toEqual([]);
    }
    await expect(read("#x\n", { comment: "#" })).rejects.toMatchObject({
      message: `${count}.csv has no header`,
    });
  });
});

describe("records that do not fit", () => {
  test("are rejected with their line where they have too many fields, and filled where too few", async () => {
    const { rows, places, rejected } = await read("a,b\n1,2,3\n4\n5,6\n");
    expect(rows).toEqual([
      { a: "4", b: null },
      { a: "5", b: "6" },
    ]);
    expect(places).toEqual([`${count}.csv:3`, `${count}.csv:4`]);
    expect(rejected).toEqual([
      {
        line: 2,
        raw: "1,2,3",
        code: "MLR_ROW_MALFORMED",
        message: "line 2 has 3 fields instead of 2",
      },
    ]);
  });

  test("are rejected with too few fields as well where that is said", async () => {
    const { rows, rejected } = await read("a,b\n4\n5,6\n", { ragged: "reject" });
    expect(rows).toEqual([{ a: "5", b: "6" }]);
    expect(rejected).toMatchObject([{ line: 2, raw: "4" }]);
  });

  test("do not pass the continuation of a malformed one off as rows", async () => {
    const { rows, rejected } = await read('id,text\n1,"say "hi"\nmore text\nand more",x\n2,fine\n');
    expect(rows).toEqual([{ id: "2", text: "fine" }]);
    expect(rejected.map((each) => each.line)).toEqual([2, 3, 4]);
  });
});

describe("encodings", () => {
  const text = "name,città\nŁódź,Ça va, très bien ?\n".replace(", très", " très");

  test.each(["utf-8", "utf-16le", "utf-16be", "utf-32le"])(
    "%s is found by its byte order mark",
    async (name) => {
      const { rows, logs } = await read(iconv.encode(text, name, { addBOM: true }));
      expect(rows).toEqual([{ name: "Łódź", città: "Ça va très bien ?" }]);
      expect(logs).toEqual([]);
    },
  );

  test("UTF-16 is found without one", async () => {
    expect((await read(iconv.encode("a,b\nx,y\n", "utf-16le"))).rows).toEqual([{ a: "x", b: "y" }]);
  });

  test("another is guessed where the file is not UTF-8, and that is said", async () => {
    const french = "nom,ville\nÉlodie,Orléans\nFrançois,Besançon\nHélène,Saint-Étienne\n".repeat(20);
    const { rows, logs } = await read(iconv.encode(french, "windows-1252"));
    expect(rows[1]).toEqual({ nom: "François", ville: "Besançon" });
    expect(logs).toEqual([`warn: ${count}.csv is read as windows-1252, which is a guess`]);
  });

  test("a declared one wins, and what it does not have is an error with its place", async () => {
    const russian = iconv.encode("имя\nОльга\n", "windows-1251");
    expect((await read(russian, { encoding: "windows-1251" })).rows).toEqual([{ имя: "Ольга" }]);
    await expect(read(russian, { encoding: "utf-8" })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: `${count}.csv: the bytes at offset 0 (0xe8) are not valid utf-8`,
    });
    await expect(read(russian, { encoding: "klingon" })).rejects.toMatchObject({
      code: "MLR_ARGUMENT_INVALID",
    });
  });

  test("a wrong byte far behind the beginning stops the reading, or is replaced where that is said", async () => {
    const start = `a,b\n${"1,x\n".repeat(100_000)}`;
    const content = Buffer.concat([
      Buffer.from(`${start}2,caf`),
      Buffer.from([0xe9]),
      Buffer.from("\n3,y\n"),
    ]);
    await expect(read(content)).rejects.toMatchObject({
      message: `${count}.csv: the bytes at offset ${start.length + 5} (0xe9) are not valid utf-8`,
    });
    const { rows } = await read(content, { onInvalid: "replace" });
    expect(rows).toHaveLength(100_002);
    expect(rows.at(-2)).toEqual({ a: "2", b: "caf\ufffd" });
  });

  test("a single-byte encoding has bytes that mean nothing", async () => {
    await expect(
      read(Buffer.from([0x61, 0x0a, 0x62, 0x81, 0x0a]), { encoding: "windows-1252" }),
    ).rejects.toMatchObject({ message: expect.stringContaining("offset 3") });
  });

  test("characters are not split where a piece of the file ends", async () => {
    const names = Array.from({ length: 60_000 }, (_, index) => `漢字😀é${index}`);
    const { rows } = await read(`name\n${names.join("\n")}\n`);
    expect(rows.map((row) => row["name"])).toEqual(names);
  });
});

describe("packed files", () => {
  test("are unpacked by their content, also with several members", async () => {
    const packed = Buffer.concat([gzipSync("a,b\n1,2\n"), gzipSync("3,4\n")]);
    expect((await read(packed)).rows).toEqual([
      { a: "1", b: "2" },
      { a: "3", b: "4" },
    ]);
  });

  test("are an error where they are cut short or damaged", async () => {
    const packed = gzipSync(`a,b\n${Array.from({ length: 50_000 }, (_, index) => `${index},x\n`).join("")}`);
    await expect(read(packed.subarray(0, packed.length - 100))).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: `${count}.csv is cut short: its gzip data ends too early`,
    });
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, packed.length >> 1, (packed.length >> 1) + 50);
    await expect(read(damaged)).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  });

  test("may hold very much more than they weigh", async () => {
    const packed = gzipSync(`a,b\n${"1,2\n".repeat(1_000_000)}`, { level: 9 });
    expect(packed.length).toBeLessThan(50_000);
    expect((await read(packed)).rows).toHaveLength(1_000_000);
  });

  test("of other kinds are named", async () => {
    await expect(read("PK\u0003\u0004rest")).rejects.toMatchObject({
      message: `${count}.csv is a ZIP archive or an Excel workbook, not csv`,
    });
  });
});

test("empty fields are null, unless other values are", async () => {
  expect((await read('a,b\n,""\n')).rows).toEqual([{ a: null, b: null }]);
  const { rows, messages } = await read("a,b\n,NA\n", { nulls: ["NA"] });
  expect(rows).toEqual([{ a: "", b: null }]);
  expect(messages.find((message) => message.type === "rows")).toMatchObject({
    untyped: true,
    keepEmpty: true,
  });
});

test("a line without end is no CSV", async () => {
  await expect(read("a,b\n".padEnd(5_000, "x"), { maxRecordLength: 1_000 })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: `${count}.csv: line 2 has more than 1000 characters`,
  });
});

describe("options", () => {
  test("that do not exist are refused with the nearest name", () => {
    expect(() => csv({ path: "x.csv", delimeter: ";" } as CsvOptions)).toThrow(
      expect.objectContaining({ code: "MLR_OPTION_UNKNOWN", hint: 'Did you mean "delimiter"?' }),
    );
  });

  test("are checked without looking at the file", () => {
    expect(() => csv({ path: "does/not/exist.csv" })).not.toThrow();
    expect(() => csv({ path: [] })).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
  });
});
