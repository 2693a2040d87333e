import { createWriteStream } from "node:fs";
import { readFile, utimes, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { csv } from "@millrace/connectors/csv";
import { jsonl } from "@millrace/connectors/jsonl";
import { parquet } from "@millrace/connectors/parquet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { collect, resumeFrom, temporaryFolder } from "./collect.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

type Contents = Readonly<Record<string, string | Buffer | (() => Readable)>>;

async function archive(name: string, contents: Contents): Promise<string> {
  const zip = new ZipFile();
  const mtime = new Date("2026-01-02T03:04:06Z");
  for (const [member, content] of Object.entries(contents)) {
    if (typeof content === "function") zip.addReadStream(content(), member, { mtime });
    else zip.addBuffer(Buffer.from(content), member, { mtime });
  }
  zip.end();
  const file = path.join(folder.path, name);
  await pipeline(zip.outputStream, createWriteStream(file));
  return file;
}

const directory = (): { directory: string } => ({ directory: folder.path });

test("an archive stands for the files in it, in the order of their names", async () => {
  await archive("all.zip", {
    "b.csv": "id\n3\n",
    "2026/a.csv": "id\n1\n2\n",
    "__MACOSX/._b.csv": "junk",
    ".hidden.csv": "junk",
  });
  const { rows, places } = await collect(csv({ path: "all.zip" }), directory());
  expect(rows).toEqual([{ id: "1" }, { id: "2" }, { id: "3" }]);
  expect(places).toEqual(["all.zip/2026/a.csv:2", "all.zip/2026/a.csv:3", "all.zip/b.csv:2"]);
});

test("members are named as in a folder, also of several archives", async () => {
  const contents = { "x/1.jsonl": '{"a":1}\n', "x/2.jsonl": '{"a":2}\n', "readme.txt": "no rows" };
  await archive("one.zip", contents);
  await archive("two.zip", contents);
  const values = async (given: string): Promise<unknown[]> =>
    (await collect(jsonl({ path: given }), directory())).rows.map(({ a }) => a);
  expect(await values("one.zip/x/2.jsonl")).toEqual([2]);
  expect(await values("one.zip/x/*.jsonl")).toEqual([1, 2]);
  expect(await values("{one,two}.zip/**/*.jsonl")).toEqual([1, 2, 1, 2]);
  await expect(values("one.zip/y/*.jsonl")).rejects.toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
  await expect(values("three.zip/x/*.jsonl")).rejects.toMatchObject({ code: "MLR_SOURCE_NOT_FOUND" });
});

test("formats that are read at random come out of archives too", async () => {
  const fixtures = path.join(import.meta.dirname, "../../src/parquet/fixtures/groups.parquet");
  await archive("p.zip", { "groups.parquet": await readFile(fixtures) });
  expect((await collect(parquet({ path: "p.zip" }), directory())).rows).toHaveLength(10_000);
});

test("members that did not change are skipped, also where the archive was made again", async () => {
  const source = csv({ path: "again.zip" });
  await archive("again.zip", { "a.csv": "id\n1\n", "b.csv": "id\n2\n3\n" });
  const { states } = await collect(source, directory());
  const file = await archive("again.zip", { "a.csv": "id\n1\n", "b.csv": "id\n2\n3\n" });
  await utimes(file, new Date(), new Date(Date.now() + 5_000));
  const second = await collect(source, { ...directory(), ...resumeFrom(states.at(-1)) });
  expect(second.messages).toContainEqual({ type: "unchanged", stream: "csv", rows: 3 });
  await archive("again.zip", { "a.csv": "id\n1\n", "b.csv": "id\n2\n4\n" });
  const third = await collect(source, {
    ...directory(),
    ...resumeFrom(second.states.at(-1) ?? states.at(-1)),
    wants: "news",
  });
  expect(third.rows.map(({ id }) => id)).toContain("4");
});

test("archives that are made to fill a disk are refused", async () => {
  const zeros = (): Readable =>
    Readable.from(
      (function* () {
        for (let i = 0; i < 80; i++) yield Buffer.alloc(1024 * 1024, "0");
      })(),
    );
  await archive("bomb.zip", { "a.csv": zeros });
  await expect(collect(csv({ path: "bomb.zip" }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_LIMIT",
    message: expect.stringContaining("200 times its packed size") as string,
  });
  await archive("large.zip", { "a.csv": "id\n".repeat(1_000) });
  await expect(collect(csv({ path: "large.zip", maxBytes: 2_000 }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_LIMIT",
    message: expect.stringContaining("larger than 2000 bytes") as string,
  });
});

test("a directory that lies about a size does not get past the limit", async () => {
  const file = await archive("lie.zip", { "a.csv": `id\n${"1\n".repeat(5_000)}` });
  const bytes = await readFile(file);
  const central = bytes.indexOf(Buffer.from("PK\u0001\u0002", "latin1"));
  bytes.writeUInt32LE(100, central + 24);
  await writeFile(file, bytes);
  await expect(collect(csv({ path: "lie.zip" }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
  });
});

test("encrypted and damaged archives say what they are", async () => {
  const file = await archive("locked.zip", { "a.csv": "id\n1\n" });
  const bytes = await readFile(file);
  const central = bytes.indexOf(Buffer.from("PK\u0001\u0002", "latin1"));
  bytes.writeUInt16LE(bytes.readUInt16LE(central + 8) | 1, central + 8);
  await writeFile(file, bytes);
  await expect(collect(csv({ path: "locked.zip" }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("locked.zip/a.csv is encrypted") as string,
  });
  await writeFile(path.join(folder.path, "cut.zip"), bytes.subarray(0, 40));
  await expect(collect(csv({ path: "cut.zip" }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("cannot be unpacked") as string,
  });
});

test("an archive in an archive is not followed", async () => {
  const inner = await readFile(await archive("inner.zip", { "a.csv": "id\n1\n" }));
  await archive("outer.zip", { "inner.zip": inner });
  await expect(collect(csv({ path: "outer.zip" }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("outer.zip/inner.zip is a ZIP archive") as string,
  });
});

test("an archive without files is an error unless it is optional", async () => {
  await archive("empty.zip", {});
  await expect(collect(csv({ path: "empty.zip" }), directory())).rejects.toMatchObject({
    code: "MLR_SOURCE_NOT_FOUND",
  });
  expect((await collect(csv({ path: "empty.zip", optional: true }), directory())).rows).toEqual([]);
});

test("an address may be an archive: of one file, or with the file's name behind #", async () => {
  const one = await readFile(await archive("web-one.zip", { "a.csv": "id\n1\n" }));
  const two = await readFile(await archive("web-two.zip", { "a.csv": "id\n1\n", "b.csv": "id\n2\n" }));
  const server: Server = createServer((request, response) => {
    response.setHeader("etag", '"x"');
    if (request.headers["if-none-match"] === '"x"') response.writeHead(304).end();
    else response.end(request.url === "/one.zip" ? one : two);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const first = await collect(csv({ path: `${base}/one.zip` }), directory());
    expect(first.rows).toEqual([{ id: "1" }]);
    const again = { ...directory(), ...resumeFrom(first.states.at(-1)) };
    expect((await collect(csv({ path: `${base}/one.zip` }), again)).rows).toEqual([]);
    expect((await collect(csv({ path: `${base}/two.zip#b.csv` }), directory())).rows).toEqual([{ id: "2" }]);
    await expect(collect(csv({ path: `${base}/two.zip` }), directory())).rejects.toMatchObject({
      code: "MLR_SOURCE_NOT_FOUND",
      hint: "Name one behind #: a.csv, b.csv",
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
