import { describe, expect, test } from "vitest";
import { parseJsonPath } from "./json-path.ts";
import { JsonScanner, JsonSyntaxProblem } from "./json-scanner.ts";

/** The values that a path selects in a text that comes in pieces of `size` characters. */
function select(text: string, path: string, size = text.length): unknown[] {
  const found: unknown[] = [];
  const scanner = new JsonScanner(parseJsonPath(path), { element: (each) => found.push(JSON.parse(each)) });
  let rest = "";
  for (let at = 0; at < text.length; at += size) {
    rest += text.slice(at, at + size);
    rest = rest.slice(scanner.scan(rest));
  }
  scanner.end(rest);
  return found;
}

const DOCUMENT = {
  meta: { "a]": '"}', list: [1, [2, "\\"], { b: "[" }], none: [] },
  data: {
    "my items": [
      { rows: [{ id: 1 }, { id: 2 }] },
      { rows: [] },
      { other: 5 },
      { rows: [{ id: 3, s: 'x\\"]}' }] },
    ],
    map: { x: { id: 7 }, y: { id: 8 } },
  },
  words: ["a", true, null, -1.5e3, { id: 9 }, "end\\"],
  'ké"y': [{ id: 10 }],
};

describe("a path", () => {
  test.each<[string, unknown[]]>([
    ["$", [DOCUMENT]],
    ["$.data['my items'][*].rows[*]", [{ id: 1 }, { id: 2 }, { id: 3, s: 'x\\"]}' }]],
    ["$.data['my items'][3].rows", [{ id: 3, s: 'x\\"]}' }]],
    ["$.data.map.*", [{ id: 7 }, { id: 8 }]],
    ["$.data.map.y", [{ id: 8 }]],
    ["$.words[*]", DOCUMENT.words],
    ["$.words", DOCUMENT.words],
    ['$["ké\\"y"][0]', [{ id: 10 }]],
    ["$.meta.none[*]", []],
    ["$.nothing[*]", []],
    ["$.*", Object.values(DOCUMENT)],
  ])("%s selects its values, however the text is cut", (path, expected) => {
    for (const text of [JSON.stringify(DOCUMENT), JSON.stringify(DOCUMENT, null, 2)]) {
      for (const size of [1, 2, 3, 5, 17, text.length]) {
        expect(select(text, path, size), `${path} in pieces of ${size}`).toEqual(expected);
      }
    }
  });

  test.each(["features", "$..a", "$.a[", "$.a[1:2]", "$.a[?(@.b)]", "$.a b"])("%s is refused", (path) => {
    expect(() => parseJsonPath(path)).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
  });
});

test("selects what is at the top", () => {
  expect(select("[1,2]", "$[*]")).toEqual([1, 2]);
  expect(select("  [ ]  ", "$[*]")).toEqual([]);
  expect(select("12", "$")).toEqual([12]);
  expect(select('"a"', "$", 1)).toEqual(["a"]);
  expect(select("5", "$[*]")).toEqual([]);
});

describe("text that is not JSON", () => {
  test.each([
    ["[1,2", "the document ends too early"],
    ['{"a":[{"b":1}', "the document ends too early"],
    ['{"a":"x', "the document ends too early"],
    ["", "the document ends too early"],
    ["[1 2]", '"2" where a comma or the end is due'],
    ["[1,]", '"]" where a value is due'],
    ['{"a" 1}', '"1" where a colon is due'],
    ["{a:1}", '"a" where a name in quotes is due'],
    ['{"a":1,}', '"}" where a name in quotes is due'],
    ["[1] [2]", "more follows behind the end of the document"],
    ["<html>", '"<" where a value is due'],
  ])("%j is refused: %s", (text, message) => {
    for (const size of [1, 3, 100]) {
      expect(() => select(text, text.startsWith("{") ? "$.a[*]" : "$[*]", size)).toThrow(
        expect.objectContaining({ constructor: JsonSyntaxProblem, message }),
      );
    }
  });
});

test("keeps nothing of what it passes over", () => {
  const scanner = new JsonScanner(parseJsonPath("$.rows[*]"), { element: () => undefined });
  let rest = '{"big":["';
  for (let piece = 0; piece < 100; piece++) {
    rest += `${"x".repeat(1_000)}\\`;
    rest = rest.slice(scanner.scan(rest));
    expect(rest.length).toBeLessThan(5);
    rest += '"';
  }
});
