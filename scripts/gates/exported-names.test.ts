import { expect, test } from "vitest";
import { exportedNames } from "./exported-names.ts";

test("finds each kind of exported declaration with its doc comment", () => {
  const { names } = exportedNames(
    "a.ts",
    [
      "/** A function. */",
      "export function f(a: number): string { return String(a); }",
      "/** An interface.",
      " *",
      " * Second paragraph.",
      " */",
      "export interface I { readonly a: number }",
      "/** Not this one. */",
      "const hidden = 1;",
      "export type T = number;",
      "// An ordinary comment",
      "export const c = 1;",
    ].join("\n"),
  );
  expect(names).toEqual([
    { name: "f", kind: "function", line: 2, doc: "A function.", signature: "function f(a: number): string" },
    {
      name: "I",
      kind: "interface",
      line: 7,
      doc: "An interface.\n\nSecond paragraph.",
      signature: "interface I { readonly a: number }",
    },
    { name: "T", kind: "type", line: 10, doc: undefined, signature: "type T = number;" },
    { name: "c", kind: "const", line: 12, doc: undefined, signature: "const c = 1" },
  ]);
});

test("finds names that are exported in a list at their declarations", () => {
  const { names } = exportedNames("a.ts", "/** Doc. */\nclass A {}\nexport { A };");
  expect(names).toMatchObject([{ name: "A", kind: "class", doc: "Doc." }]);
});

test("takes the comment of a function's first overload", () => {
  const text =
    "/** Doc. */\nexport function f(a: string): void;\nexport function f(a: number): void;\nexport function f(): void {}";
  expect(exportedNames("a.ts", text).names).toMatchObject([{ name: "f", doc: "Doc." }]);
});

test("leaves bodies, long values and private members out of signatures", () => {
  const { names } = exportedNames(
    "a.ts",
    "export class A extends B {\n  readonly x = 1;\n  #y = 2;\n  private z = 3;\n  m(a: string): void {\n    this.#y = 3;\n  }\n}\nexport const table = {\n  a: 1,\n};",
  );
  expect(names.map(({ signature }) => signature)).toEqual([
    "class A extends B {\n  readonly x;\n  m(a: string): void;\n}",
    "const table = …",
  ]);
});

test("tells which modules are passed on", () => {
  const { from } = exportedNames("a.ts", 'export * from "./b.ts";\nexport { c, type D } from "./c.ts";');
  expect(from).toEqual([
    { specifier: "./b.ts", names: undefined },
    { specifier: "./c.ts", names: ["c", "D"] },
  ]);
});
