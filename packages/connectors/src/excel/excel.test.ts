import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, openEpoch, resumeFrom, type Collected } from "../../test/files/collect.ts";
import { excel, type ExcelOptions } from "./index.ts";
import { meaningOf } from "./number-formats.ts";
import { serialText } from "./serial-date.ts";

/** Workbooks made by the programs they are named after. */
const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function read(name: string, options: Omit<ExcelOptions, "path"> = {}): Promise<Collected> {
  return collect(excel({ path: `${name}.xlsx`, ...options }), { directory: FIXTURES });
}

async function readBytes(content: string | Uint8Array): Promise<Collected> {
  const name = `${++count}.xlsx`;
  await writeFile(path.join(folder, name), content);
  return collect(excel({ path: name }), { directory: folder });
}

describe("cells", () => {
  test("have the values that openpyxl put there", async () => {
    const { rows, places, rejected, logs } = await read("openpyxl");
    expect(rows.slice(0, 2)).toEqual([
      {
        id: 1,
        name: "Łódź 😀",
        born: "1999-12-31",
        at: "2024-02-29T13:14:15.250",
        clock: "06:30:00",
        amount: 0.1,
        ok: true,
        total: null,
        note: "a\nb",
      },
      {
        id: 2,
        name: " spaces ",
        born: "1900-01-01",
        at: "2024-01-01T00:00:00",
        clock: "00:00:00",
        amount: -1.5e-7,
        ok: false,
        total: null,
        note: "A literal",
      },
    ]);
    expect(rows.slice(2)).toMatchObject([
      { id: 3, name: "merged", born: null, at: null },
      { id: 4, name: "rich text", amount: 12_345_678_901_234, total: null },
    ]);
    expect(places).toEqual([2, 3, 5, 6].map((row) => `openpyxl.xlsx:${row}`));
    expect(rejected).toMatchObject([{ line: 8, message: "row 8 has 11 cells instead of 9" }]);
    expect(logs).toEqual(["warn: openpyxl.xlsx: 3 formulas have no saved value and are null"]);
  });

  test("have the values that XlsxWriter put there, days counted from 1904, formulas as they were saved", async () => {
    expect((await read("xlsxwriter")).rows).toEqual([
      {
        id: 1,
        day: "2024-02-29",
        moment: "2024-02-29T01:02:03.004",
        elapsed: "PT95040S",
        amount: 1234.5,
        sum: 1235.5,
        "text formula": "ab",
        bool: true,
        error: null,
      },
    ]);
  });

  test("have the values that ExcelJS put there", async () => {
    expect((await read("exceljs")).rows).toEqual([
      { id: 1, when: "2024-02-29T12:00:00", link: "site", rich: "a b", sum: 2, shared: "same", err: null },
      { id: 2, when: "2024-03-01T00:00:00", link: null, rich: null, sum: 4, shared: "same", err: null },
    ]);
  });

  test("with errors reject their row where that is said", async () => {
    const { rows, rejected } = await read("exceljs", { errors: "reject" });
    expect(rows).toHaveLength(1);
    expect(rejected).toMatchObject([{ line: 2, message: "row 2 has the error #N/A in G2" }]);
  });
});

describe("a sheet", () => {
  test("is chosen by its name or number", async () => {
    expect((await read("openpyxl", { sheet: "Résumé & more" })).rows).toEqual([{ only: "x" }]);
    expect((await read("openpyxl", { sheet: 2 })).rows).toEqual([{ only: "x" }]);
    expect((await read("hucre", { sheet: "Products" })).rows).toEqual([
      { Name: "Widget", Price: 9.99, Since: "2025-01-02" },
    ]);
  });

  test("that is missing is an error that names those there are", async () => {
    await expect(read("openpyxl", { sheet: "Frist" })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      hint: 'Did you mean "First"?',
    });
    await expect(read("openpyxl", { sheet: 9 })).rejects.toMatchObject({
      hint: "Its sheets: First, Résumé & more, Empty.",
    });
  });

  test("that is empty is an error unless that is said", async () => {
    await expect(read("openpyxl", { sheet: "Empty" })).rejects.toMatchObject({
      message: 'openpyxl.xlsx: the sheet "Empty" is empty',
    });
    const { messages } = await read("openpyxl", { sheet: "Empty", allowEmpty: true });
    expect(messages.map((message) => message.type)).toContain("complete");
  });

  test("may have no header, or begin further down", async () => {
    expect((await read("openpyxl", { sheet: 2, header: false })).rows).toEqual([
      { column_1: "only" },
      { column_1: "x" },
    ]);
    expect((await read("openpyxl", { sheet: 2, header: ["word"], skipRows: 1 })).rows).toEqual([
      { word: "x" },
    ]);
  });
});

describe("what is no workbook", () => {
  test.each<[string, string | Uint8Array, string]>([
    [
      "an old workbook",
      Buffer.from("d0cf11e0a1b11ae1", "hex"),
      "is an old workbook (.xls), or one with a password",
    ],
    ["text", "id,name\n1,2\n", "is no Excel workbook (.xlsx)"],
    ["nothing", "", "is no Excel workbook (.xlsx)"],
    ["a damaged archive", "PK\u0003\u0004 and nothing else", "cannot be unpacked"],
  ])("is refused: %s", async (_, content, message) => {
    await expect(readBytes(content)).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining(message),
    });
  });

  test("is refused where it was cut short or damaged", async () => {
    const whole = await readFile(path.join(FIXTURES, "openpyxl.xlsx"));
    await expect(readBytes(whole.subarray(0, whole.length - 200))).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
    });
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 100, whole.length - 1_500);
    await expect(readBytes(damaged)).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  });
});

test("a reading that was cut goes on behind its rows, and unchanged workbooks are not read", async () => {
  const source = excel({ path: "exceljs.xlsx" });
  const whole = await collect(source, { directory: FIXTURES });
  const last = whole.states.at(-1);
  const unchanged = await collect(source, { directory: FIXTURES, ...resumeFrom(last) });
  expect(unchanged.messages).toEqual([{ type: "unchanged", stream: "excel", rows: 2 }]);
  const { hash, size } = (last as { files: Record<string, { hash: string; size: number }> }).files[
    "exceljs.xlsx"
  ] ?? {
    hash: "",
    size: 0,
  };
  const state = {
    ...(last as object),
    whole: false,
    reading: true,
    files: {},
    at: { file: "exceljs.xlsx", rows: 1, mark: { records: 1 }, prefix: { bytes: size, hash } },
  };
  const rest = await collect(source, {
    directory: FIXTURES,
    ...resumeFrom(state),
    openEpochs: openEpoch("excel"),
  });
  expect(rest.rows).toEqual(whole.rows.slice(1));
  expect(rest.messages[0]?.type).not.toBe("begin");
});

test.each([
  ["General", "number"],
  ["0.00E+00", "number"],
  ['#,##0.00 "days"', "number"],
  ["[Red]0.00;[Blue]-0.00", "number"],
  ["yyyy\\-mm\\-dd", "date"],
  ["[$-409]d-mmm-yy;@", "date"],
  ["mmmm", "date"],
  ["h:mm AM/PM", "time"],
  ["mm:ss.0", "time"],
  ["dd/mm/yyyy hh:mm", "datetime"],
  ["[h]:mm:ss", "duration"],
])("the format %s means a %s", (code, meaning) => {
  expect(meaningOf(code)).toBe(meaning);
});

test.each([
  [1, "date", "1900-01-01"],
  [59, "date", "1900-02-28"],
  [61, "date", "1900-03-01"],
  [45_351, "date", "2024-02-29"],
  [45_351.5, "date", "2024-02-29T12:00:00"],
  [0.999988425925926, "time", "23:59:59"],
  [2_958_465, "date", "9999-12-31"],
  [2_958_466, "date", undefined],
  [-1, "date", undefined],
] as const)("the number %d shown as a %s is %s", (serial, meaning, text) => {
  expect(serialText(serial, meaning, false)).toBe(text);
});
