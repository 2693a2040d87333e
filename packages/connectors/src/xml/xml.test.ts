import { writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, openEpoch, resumeFrom, temporaryFolder, type Collected } from "../../test/files/collect.ts";
import { xml, type XmlOptions } from "./index.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function read(content: string | Uint8Array, options: Omit<XmlOptions, "path">): Promise<Collected> {
  const name = `${++count}.xml`;
  await writeFile(path.join(folder.path, name), content);
  return collect(xml({ path: name, ...options }), { directory: folder.path });
}

const BOOKS = `<?xml version="1.0"?>
<!-- a catalogue -->
<c:catalog xmlns:c="urn:c" xmlns="urn:b">
  <book id="1" c:lang="en">
    <title>One &amp; <![CDATA[<two>]]></title>
    <author>A</author><author>B</author>
    <price currency="EUR">12.50</price>
    <empty/>
  </book>
  <book id="2"><title> Three </title><author>C</author></book>
  <note>not a row</note>
</c:catalog>`;

test("elements are rows: attributes and children are columns, repeated ones arrays, empty ones null", async () => {
  const { rows, places, messages } = await read(BOOKS, { rows: "/catalog/book" });
  expect(rows).toEqual([
    {
      id: "1",
      lang: "en",
      title: "One & <two>",
      author: ["A", "B"],
      price: { currency: "EUR", text: "12.50" },
      empty: null,
    },
    { id: "2", title: "Three", author: "C" },
  ]);
  expect(places).toEqual([`${count}.xml:4`, `${count}.xml:10`]);
  expect(messages.find(({ type }) => type === "rows")).toMatchObject({ untyped: true });
});

test("elements that may come several times can always be arrays", async () => {
  const { rows } = await read(BOOKS, { rows: "c:catalog/book", lists: ["author"] });
  expect(rows.map(({ author }) => author)).toEqual([["A", "B"], ["C"]]);
});

test.each([
  ["//b", [{ text: "1" }, { text: "2" }, { text: "3" }]],
  ["/a/b", [{ text: "1" }, { text: "3" }]],
  ["/a/*", [{ text: "1" }, { b: "2" }, { text: "3" }]],
  ["/a", [{ b: ["1", "3"], c: { b: "2" } }]],
  ["/a/x", []],
])("the path %s names the rows", async (rows, expected) => {
  expect((await read("<a><b>1</b><c><b>2</b></c><b>3</b></a>", { rows })).rows).toEqual(expected);
});

test.each(["/a[1]", "/a//b", "", "/", "a/@id"])("%j is no path to rows", (rows) => {
  expect(() => xml({ path: "x.xml", rows })).toThrow(
    expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
  );
});

test("an attribute and a child of the same name are told apart on demand, and never lost", async () => {
  const content = `<a><b id="1"><id>2</id></b></a>`;
  await expect(read(content, { rows: "//b" })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    hint: 'Set `attributePrefix: "@"` or another `textName`.',
  });
  const { rows } = await read(content, { rows: "//b", attributePrefix: "@" });
  expect(rows).toEqual([{ "@id": "1", id: "2" }]);
});

test("members called __proto__ are data", async () => {
  const { rows } = await read("<a><b><__proto__>x</__proto__></b></a>", { rows: "//b" });
  expect(Object.keys(rows[0] ?? {})).toEqual(["__proto__"]);
});

describe("encodings", () => {
  const text = '<?xml version="1.0" encoding="ISO-8859-2"?>\n<a><b>žluťoučký</b></a>';
  test("what the document says is believed", async () => {
    const { rows, logs } = await read(iconv.encode(text, "iso-8859-2"), { rows: "//b" });
    expect(rows).toEqual([{ text: "žluťoučký" }]);
    expect(logs).toEqual([]);
  });
  test("a byte order mark and the option come before it", async () => {
    expect((await read(`\ufeff${text}`, { rows: "//b" })).rows).toEqual([{ text: "žluťoučký" }]);
    const utf16 = iconv.encode(text, "utf-16", { addBOM: true });
    expect((await read(utf16, { rows: "//b" })).rows).toEqual([{ text: "žluťoučký" }]);
    expect((await read(text, { rows: "//b", encoding: "utf-8" })).rows).toEqual([{ text: "žluťoučký" }]);
  });
  test("gzip is unpacked", async () => {
    const packed = gzipSync(iconv.encode(text, "iso-8859-2"));
    expect((await read(packed, { rows: "//b" })).rows).toEqual([{ text: "žluťoučký" }]);
  });
});

describe("hostile and broken documents", () => {
  const laughs = `<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><a><b>&m;</b></a>`;
  const external = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><b>&x;</b></a>`;
  test.each([
    ["entities that expand", laughs, "defines entities"],
    ["entities from outside", external, "defines entities"],
    ["entities that nobody defines", "<a><b>&nbsp;</b></a>", "undefined entity"],
    ["an end that is missing", "<a><b>1</b>\n<b>2", "line 2, column"],
    ["tags that do not match", "<a><b>1</c></a>", "is malformed"],
    ["what is no XML", "id,name\n1,x\n", "is malformed"],
    ["depth without end", `<a>${"<b>".repeat(600)}`, "more than 500 elements deep"],
  ])("%s", async (_name, content, message) => {
    await expect(read(content, { rows: "//c" })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining(message) as string,
    });
  });
  test.each([
    ["a row", `<a><b>${"<c>1</c>".repeat(100_000)}</b></a>`],
    ["a text outside of rows", `<a>${"x".repeat(800_000)}<b/></a>`],
    ["an attribute", `<a x="${"x".repeat(800_000)}"><b/></a>`],
  ])("%s that is too long does not fill the memory", async (_name, content) => {
    await expect(read(content, { rows: "/a/b", maxRowLength: 100_000 })).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining("more than 100000 characters") as string,
    });
  });
  test("rows before a mistake were given", async () => {
    const content = `<a>${"<b>1</b>".repeat(120_000)}<b></a>`;
    const name = `${++count}.xml`;
    await writeFile(path.join(folder.path, name), content);
    let rows = 0;
    const reading = collect(xml({ path: name, rows: "//b" }), { directory: folder.path }, (message) => {
      if (message.type === "rows") rows += message.rows.length;
      return false;
    });
    await expect(reading).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
    expect(rows).toBeGreaterThan(50_000);
  });
});

test("a reading that was interrupted goes on behind its last checkpoint", async () => {
  const content = `<a>${Array.from({ length: 120_000 }, (_, i) => `<b>${i}</b>`).join("\n")}</a>`;
  const name = `${++count}.xml`;
  await writeFile(path.join(folder.path, name), content);
  const source = xml({ path: name, rows: "//b" });
  const first = await collect(source, { directory: folder.path }, ({ type }) => type === "checkpoint");
  const rest = await collect(source, {
    directory: folder.path,
    ...resumeFrom(first.states.at(-1)),
    openEpochs: openEpoch("xml"),
  });
  const values = [...first.rows, ...rest.rows].map(({ text }) => Number(text));
  expect(first.rows.length).toBeGreaterThan(0);
  expect(rest.rows.length).toBeGreaterThan(0);
  expect(values).toEqual(Array.from({ length: 120_000 }, (_, i) => i));
});

test("an empty file is an error unless it is allowed", async () => {
  await expect(read(" \n", { rows: "//b" })).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
  expect((await read("", { rows: "//b", allowEmpty: true })).rows).toEqual([]);
});
