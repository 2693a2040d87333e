import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VEGA, collect, temporaryFolder, type Collected } from "../../test/files/collect.ts";
import { json, type JsonOptions } from "./index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function read(
  content: string | Uint8Array,
  options: Omit<JsonOptions, "path"> = {},
): Promise<Collected> {
  const name = `${++count}.json`;
  await writeFile(path.join(folder.path, name), content);
  return collect(json({ path: name, ...options }), { directory: folder.path });
}

test("real GeoJSON gives the same features with and without a path", async () => {
  const named = await collect(json({ path: "earthquakes.json", rows: "$.features[*]" }), { directory: VEGA });
  const found = await collect(json({ path: "earthquakes.json" }), { directory: VEGA });
  expect(named.rows).toHaveLength(1707);
  expect(found.rows).toEqual(named.rows);
  expect(named.rows[0]).toMatchObject({ type: "Feature", properties: { mag: 2 } });
  expect(named.places[9]).toBe("earthquakes.json:10");
});

describe("where the rows are", () => {
  test("is found out: a top-level array, or the only array of an object", async () => {
    expect((await read('[{"a":1}]')).rows).toEqual([{ a: 1 }]);
    expect((await read('{"n":1,"list":[{"a":1}]}')).rows).toEqual([{ a: 1 }]);
    expect((await read('{"bbox":[1,2],"list":[{"a":1}]}')).rows).toEqual([{ a: 1 }]);
    expect((await read('{"n":1,"list":[]}')).rows).toEqual([]);
  });

  test("has to be said where that is not clear", async () => {
    await expect(read('{"a":[{}],"b":[{}]}')).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: `${count}.json is an object with several arrays: a, b`,
      hint: expect.stringContaining('"$.a[*]"'),
    });
    await expect(read('{"error":"too many requests"}')).rejects.toMatchObject({
      message: `${count}.json is one object without an array of rows`,
    });
    expect((await read('{"a":1}', { rows: "$" })).rows).toEqual([{ a: 1 }]);
  });
});

test("numbers stay exact", async () => {
  const { rows } = await read('[{"id":9007199254740993,"pi":3.14159265358979323846,"x":0.1}]');
  expect(rows[0]?.["id"]).toBe(9007199254740993n);
  expect(String(rows[0]?.["pi"])).toBe("3.14159265358979323846");
  expect(rows[0]?.["x"]).toBe(0.1);
});

test("elements that are no rows are rejected, and the others are not lost", async () => {
  const { rows, rejected, places } = await read('[{"a":1},5,{"a":01},["x"],null,{"a":2}]');
  expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
  expect(places).toEqual([`${count}.json:1`, `${count}.json:6`]);
  expect(rejected.map(({ line, raw, code }) => ({ line, raw, code }))).toEqual([
    { line: 2, raw: "5", code: "MLR_ROW_MALFORMED" },
    { line: 3, raw: '{"a":01}', code: "MLR_ROW_MALFORMED" },
    { line: 4, raw: '["x"]', code: "MLR_ROW_MALFORMED" },
    { line: 5, raw: "null", code: "MLR_ROW_MALFORMED" },
  ]);
  expect(rejected[0]?.message).toBe("element 2 is a number instead of an object");
});

describe("a document that is not whole", () => {
  test("fails with the place, and never completes", async () => {
    const content = `[${Array.from({ length: 60_000 }, (_, id) => JSON.stringify({ id, word: "ä" })).join(",")}`;
    const name = `${++count}.json`;
    await writeFile(path.join(folder.path, name), content);
    const types: string[] = [];
    const reading = collect(json({ path: name }), { directory: folder.path }, ({ type }) => {
      types.push(type);
      return false;
    });
    await expect(reading).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: `${name} at byte ${Buffer.byteLength(content)}: the document ends too early`,
    });
    expect(types).toContain("rows");
    expect(types).not.toContain("complete");
  });

  test("is told from one with a document a line", async () => {
    await expect(read('{"a":1}\n{"a":2}\n', { rows: "$" })).rejects.toMatchObject({
      message: `${count}.json at byte 8: more follows behind the end of the document`,
      hint: expect.stringContaining("jsonl(…)"),
    });
    await expect(read('{"a":1}\n{"a":2}\n')).rejects.toMatchObject({
      hint: expect.stringContaining("jsonl(…)"),
    });
  });

  test("is an error where it is empty, unless that is said", async () => {
    await expect(read("")).rejects.toMatchObject({ message: `${count}.json is empty` });
    expect((await read(" ", { allowEmpty: true })).rows).toEqual([]);
  });
});

test("a row that is too long is an error", async () => {
  await expect(read(`[{"a":"${"x".repeat(600_000)}"}]`, { maxRowLength: 1_000 })).rejects.toMatchObject({
    message: `${count}.json has a row of more than 1000 characters`,
  });
});

test("packed documents and UTF-16 are read", async () => {
  expect((await read(gzipSync('[{"a":"é"}]'))).rows).toEqual([{ a: "é" }]);
  expect((await read(Buffer.from('\ufeff[{"a":"é"}]', "utf16le"))).rows).toEqual([{ a: "é" }]);
});

test("a path that cannot be followed is refused at once", () => {
  expect(() => json({ path: "x.json", rows: "$..a" })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});
