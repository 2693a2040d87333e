import { expect, test } from "vitest";
import { returnPath } from "../features/sign-in/return-path.ts";
import { texts } from "../searches.ts";
import { readForm } from "./read-form.ts";
import { formFields } from "./schema-fields.ts";
import { sortRows } from "./sort-rows.ts";

const SCHEMA = {
  type: "object",
  required: ["from", "size"],
  properties: {
    from: { type: "string", format: "date", title: "From day" },
    size: { type: "integer", default: 10, description: "Rows of a page." },
    share: { anyOf: [{ type: "number" }, { type: "null" }] },
    full: { type: "boolean" },
    kind: { enum: ["a", "b", null] },
    extra: { type: "object" },
  },
};

test("a schema becomes fields: with kinds, defaults, choices, and what is needed", () => {
  expect(
    formFields(SCHEMA).map(({ name, kind, required, choices }) => [name, kind, required, choices]),
  ).toEqual([
    ["from", "date", true, undefined],
    ["size", "integer", false, undefined],
    ["share", "number", false, undefined],
    ["full", "boolean", false, ["true", "false"]],
    ["kind", "text", false, ["a", "b"]],
    ["extra", "json", false, undefined],
  ]);
  expect(formFields(null)).toEqual([]);
});

test("typed text becomes values of the schema's types, and what will not do is told by its field", () => {
  const texts = { from: "2026-03-01", size: " 12 ", share: "0.5", full: "false", extra: '{"a":1}' };
  expect(readForm(SCHEMA, texts)).toEqual({
    values: { from: "2026-03-01", size: 12, share: 0.5, full: false, extra: { a: 1 } },
    problems: {},
  });
  const wrong = readForm(SCHEMA, { size: "1.5", extra: "{", share: "many" });
  expect(Object.keys(wrong.problems)).toEqual(["from", "size", "share", "extra"]);
});

test("rows are sorted by number or by natural text, those without a value last either way", () => {
  const rows = [{ n: "run 10" }, { n: null }, { n: "run 9" }];
  const columns = [{ id: "n", header: "N", cell: () => null, sortValue: ({ n }: { n: string | null }) => n }];
  const sorted = (descending: boolean) =>
    sortRows(rows, columns, { column: "n", descending }).map(({ n }) => n);
  expect(sorted(false)).toEqual(["run 9", "run 10", null]);
  expect(sorted(true)).toEqual(["run 10", "run 9", null]);
});

test("addresses typed by hand leave nothing but known texts", () => {
  expect(texts("q", "tab")({ q: 17, tab: "runs", other: "x" })).toEqual({ q: "17", tab: "runs" });
  expect(texts("q")({ q: { a: 1 } })).toEqual({});
});

test("nobody is sent to another site after signing in", () => {
  Object.defineProperty(globalThis, "location", {
    value: new URL("http://localhost:8080/sign-in"),
    configurable: true,
  });
  expect(
    [
      "/runs?status=failed#x",
      "//evil.example",
      "/\\evil.example",
      "https://evil.example",
      "/sign-in",
      undefined,
    ].map(returnPath),
  ).toEqual(["/runs?status=failed#x", "/", "/", "/", "/", "/"]);
});
