import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, temporaryFolder, type Collected } from "../../test/files/collect.ts";
import { jsonl, type JsonlOptions } from "./index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function read(
  content: string | Uint8Array,
  options: Omit<JsonlOptions, "path"> = {},
): Promise<Collected> {
  const name = `${++count}.jsonl`;
  await writeFile(path.join(folder.path, name), content);
  return collect(jsonl({ path: name, ...options }), { directory: folder.path });
}

test("lines are rows; numbers stay exact, blank lines are passed over", async () => {
  const { rows, places } = await read('\ufeff{"id":9007199254740993}\r\n\n{"id":2,"x":{"y":[1e400]}}');
  expect(rows[0]).toEqual({ id: 9007199254740993n });
  expect(String((rows[1] as { x: { y: unknown[] } }).x.y[0])).toHaveLength(401);
  expect(places).toEqual([`${count}.jsonl:1`, `${count}.jsonl:3`]);
});

test("lines that are no objects are rejected with their number", async () => {
  const { rows, rejected } = await read('{"a":1}\n{"a":\n[1]\n"x"\n{"a":2}\n');
  expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
  expect(rejected.map(({ line, raw }) => ({ line, raw }))).toEqual([
    { line: 2, raw: '{"a":' },
    { line: 3, raw: "[1]" },
    { line: 4, raw: '"x"' },
  ]);
  expect(rejected[0]?.message).toMatch(/^line 2 is not JSON: /);
});

test("lines that are too long are rejected without being held", async () => {
  const long = `{"a":"${"x".repeat(1_500_000)}"}`;
  const { rows, rejected, places } = await read(`{"a":1}\n${long}\n{"a":2}\n${long}`, {
    maxLineLength: 100_000,
  });
  expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
  expect(places).toEqual([`${count}.jsonl:1`, `${count}.jsonl:3`]);
  expect(rejected).toMatchObject([
    { line: 2, message: "line 2 has more than 100000 characters" },
    { line: 4, message: "line 4 has more than 100000 characters" },
  ]);
  expect(rejected[0]?.raw).toHaveLength(1_000);
});

test("members called __proto__ are data", async () => {
  const { rows } = await read('{"__proto__":{"admin":true},"id":1}\n');
  expect(Object.keys(rows[0] ?? {})).toEqual(["__proto__", "id"]);
  expect((rows[0] as { admin?: unknown }).admin).toBeUndefined();
});

test("packed files are read, and empty ones are an error unless that is said", async () => {
  expect((await read(gzipSync('{"a":1}\n'))).rows).toEqual([{ a: 1 }]);
  await expect(read("")).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  await expect(read(gzipSync(""))).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  expect((await read("\n", { allowEmpty: true })).rows).toEqual([]);
});
