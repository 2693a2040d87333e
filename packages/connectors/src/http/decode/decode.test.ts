import { afterEach, beforeEach, expect, test } from "vitest";
import { singlePage } from "../index.ts";
import { apiServer, type ApiServer } from "../../../test/http/api-server.ts";
import { readAll, type Reading } from "../../../test/http/read.ts";

let server: ApiServer;
beforeEach(async () => void (server = await apiServer()));
afterEach(() => server.close());

async function read(body: string | Buffer, type: string, more: object = {}): Promise<Reading> {
  server.routes["/x"] = () => ({ body, headers: { "content-type": type } });
  return readAll({ url: `${server.url}/x`, paginate: singlePage(), ...more });
}
const json = async (document: string, more: object = {}): Promise<unknown> =>
  (await read(document, "application/json", more)).rows["http"];

test.each([
  ["$.data.items", '{"data":{"items":[{"a":1},{"a":2}]}}', [{ a: 1 }, { a: 2 }]],
  ["$.data.items[*]", '{"data":{"items":[{"a":1}]}}', [{ a: 1 }]],
  ["$", '{"a":1}', [{ a: 1 }]],
  ["$.*", '{"x":{"a":1},"y":{"a":2}}', [{ a: 1 }, { a: 2 }]],
  ["$['my data'][0].rows", '{"my data":[{"rows":[{"a":1}]}]}', [{ a: 1 }]],
  ["$..items[?@.a > 1]", '{"x":[{"items":[{"a":1},{"a":2}]}],"items":[{"a":3}]}', [{ a: 3 }, { a: 2 }]],
  ["$.items", '{"items":null}', undefined],
  ["$.item", '{"item":{"a":1}}', [{ a: 1 }]],
])("rows at %s", async (rows, document, expected) => {
  expect(await json(document, { rows })).toEqual(expected);
});

test("numbers stay exact, also behind a filter", async () => {
  const document = '{"items":[{"id":9007199254740993,"n":1},{"id":9007199254740995,"n":2}]}';
  expect(await json(document, { rows: "$.items[?@.n == 2]" })).toEqual([{ id: 9007199254740995n, n: 2 }]);
  expect(await json(document, { rows: "$.items" })).toMatchObject([{ id: 9007199254740993n }, {}]);
});

test("rows by JMESPath", async () => {
  const document = '{"people":[{"name":"a","age":20},{"name":"b","age":30}]}';
  expect(await json(document, { rows: { jmespath: "people[?age > `25`].{n: name}" } })).toEqual([{ n: "b" }]);
});

test("paths that are none are refused with the options", async () => {
  for (const rows of ["data", "$.a[", { jmespath: "a[" }]) {
    await expect(json("[]", { rows })).rejects.toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  }
});

test("rows are found where there is one place for them", async () => {
  expect(await json('[{"a":1}]')).toEqual([{ a: 1 }]);
  expect(await json('{"ids":[1,2],"things":[{"a":1}]}')).toEqual([{ a: 1 }]);
  expect(await json('{"links":[],"data":[]}')).toBeUndefined();
  await expect(json('{"a":[{}],"b":[{}]}')).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: "http is an object with several arrays: a, b",
    hint: expect.stringContaining("$.a[*]") as string,
  });
  await expect(json('{"a":1}')).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
});

test("a document without the place of the rows is an error, as it may be one that tells of an error", async () => {
  await expect(json('{"error":"x"}', { rows: "$.data" })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    hint: expect.stringContaining("Its members: error.") as string,
  });
  expect(await json('{"kind":"x"}', { rows: "$.data", allowEmpty: true })).toBeUndefined();
});

test("elements that are no objects are rejected, or named", async () => {
  const { rows, messages } = await read('[[1,"x"],{"a":1},5]', "application/json");
  expect(rows["http"]).toEqual([{ a: 1 }]);
  expect(messages.find(({ type }) => type === "rows")).toMatchObject({
    rejected: [
      { line: 1, raw: '[1,"x"]', code: "MLR_ROW_MALFORMED" },
      { line: 3, raw: "5" },
    ],
  });
  expect(await json('[[1,"x"]]', { columns: ["time", "name"] })).toEqual([{ time: 1, name: "x" }]);
});

test("HTML instead of JSON is named by its title", async () => {
  await expect(read("<!DOCTYPE html><title>Please sign\nin</title>", "text/html")).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    retry: "never",
    message: expect.stringMatching(
      /^GET .*\/x answered with an HTML page, "Please sign in" where JSON is due \(text\/html\)$/,
    ) as string,
  });
  expect(server.received).toHaveLength(1);
});

test.each(['[{"a":1},{"a"', '[{"a":1}', '{"data":[{"a":"x', '[{"a":1},'])(
  "JSON that is cut short is asked for again: %s",
  async (text) => {
    let calls = 0;
    server.routes["/x"] = () => (++calls === 1 ? { body: text } : { json: [{ a: 2 }] });
    expect((await readAll({ url: `${server.url}/x` })).rows["http"]).toEqual([{ a: 2 }]);
    await expect(read(text, "application/json")).rejects.toMatchObject({
      code: "MLR_SOURCE_FORMAT",
      message: expect.stringContaining(`cut short after ${text.length} characters`) as string,
    });
  },
);

test("what is neither is told with its content type", async () => {
  await expect(read("hello", "text/plain")).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("is not JSON (text/plain)") as string,
  });
  await expect(read("", "application/json")).rejects.toMatchObject({
    message: expect.stringContaining("answered with nothing") as string,
  });
  await expect(read("{'a':1}", "application/json")).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    retry: "never",
  });
});

test("204 is a page without rows", async () => {
  server.routes["/x"] = () => ({ status: 204, body: "" });
  expect((await readAll({ url: `${server.url}/x` })).messages.at(-1)).toEqual({
    type: "complete",
    stream: "http",
  });
});

test("lines are rows, and lines that are none are rejected", async () => {
  const { rows, messages } = await read(
    '{"a":1}\n\n{"a":\n\u001e{"a":9007199254740993}\r\n',
    "application/x-ndjson",
  );
  expect(rows["http"]).toEqual([{ a: 1 }, { a: 9007199254740993n }]);
  expect(messages.find(({ type }) => type === "rows")).toMatchObject({
    rejected: [{ line: 3, raw: '{"a":' }],
  });
});

test("CSV has texts whose types are found out; records that do not fit are rejected", async () => {
  const { rows, messages } = await read('id;name\n1;"a;b"\n2\n3;c;d\n', "text/csv; charset=utf-8");
  expect(rows["http"]).toEqual([{ id: "1", name: "a;b" }, { id: "2" }]);
  expect(messages.find(({ type }) => type === "rows")).toMatchObject({
    untyped: true,
    rejected: [{ line: 4, code: "MLR_ROW_MALFORMED" }],
  });
  const latin = Buffer.from("id,stadt\n1,M\u00fcnchen\n", "latin1");
  expect((await read(latin, "text/csv; charset=iso-8859-1")).rows["http"]).toEqual([
    { id: "1", stadt: "München" },
  ]);
  await expect(read("a,a\n1,2", "text/csv")).rejects.toMatchObject({ code: "MLR_SOURCE_FORMAT" });
});

test("XML is an object of elements and attributes", async () => {
  const text = `<?xml version="1.0"?><x:feed xmlns:x="urn:x"><entry id="1"><title>A &amp; <![CDATA[<b>]]></title><tag>p</tag><tag>q</tag></entry>
    <entry id="2"><title lang="en">B</title><none/></entry></x:feed>`;
  const { rows, messages } = await read(text, "application/atom+xml", { rows: "$.feed.entry" });
  expect(rows["http"]).toEqual([
    { "@id": "1", title: "A & <b>", tag: ["p", "q"] },
    { "@id": "2", title: { "@lang": "en", "#text": "B" }, none: null },
  ]);
  expect(messages.find(({ type }) => type === "rows")).toMatchObject({ untyped: true });
});

test("XML that defines entities, is too deep or malformed is refused", async () => {
  const entities = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>';
  await expect(read(entities, "text/xml", { rows: "$.x" })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
    message: expect.stringContaining("it defines entities") as string,
  });
  await expect(read("<a>".repeat(1_000), "text/xml", { rows: "$.x" })).rejects.toMatchObject({
    message: expect.stringContaining("elements deep") as string,
  });
  await expect(read("<a><b></a>", "text/xml", { rows: "$.x" })).rejects.toMatchObject({
    code: "MLR_SOURCE_FORMAT",
  });
});
