import { expect, test } from "vitest";
import { undocumentedOptions } from "./undocumented-options.ts";

test("finds options without a doc comment in interfaces and schemas", () => {
  const text = [
    "export interface ReadOptions {",
    "  /** Documented. */",
    "  readonly a?: string;",
    "  readonly b: number;",
    "}",
    "export const csvOptions = z.strictObject({",
    "  ...fileOptions,",
    "  /** Documented. */",
    "  c: z.string(),",
    "  d: z.string(),",
    "});",
    "export const plainOptions = {",
    "  // An ordinary comment",
    '  "e-f": 1,',
    "};",
    "export const others = { g: 1 };",
    "interface HiddenOptions { h: number }",
    "export interface InnerOptions { i: number }",
  ].join("\n");
  expect(undocumentedOptions("a.ts", text, (name) => name !== "InnerOptions")).toEqual({
    options: 5,
    undocumented: [
      { owner: "ReadOptions", name: "b", line: 4 },
      { owner: "csvOptions", name: "d", line: 10 },
      { owner: "plainOptions", name: "e-f", line: 14 },
    ],
  });
});
