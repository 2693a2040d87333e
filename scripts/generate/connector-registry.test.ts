import { expect, test } from "vitest";
import { exportedNames } from "../gates/exported-names.ts";
import { connectorsOf } from "./connector-registry.ts";

test("takes the functions that return a source, a transform or a destination", () => {
  const { names } = exportedNames(
    "index.ts",
    [
      "export function tsv(options: TsvOptions): Source { return x; }",
      "export function csv<R>(options: CsvOptions, then: (a: number) => void): Source<R> { return x; }",
      "export function pick(columns: readonly string[]): Transform { return x; }",
      "export function postgres(options?: PostgresOptions): PostgresDestination { return x; }",
      "export function parsePath(text: string): Getter { return x; }",
      "export const version = 1;",
    ].join("\n"),
  );
  expect(connectorsOf(names)).toEqual([
    { name: "csv", kind: "source" },
    { name: "pick", kind: "transform" },
    { name: "postgres", kind: "destination" },
    { name: "tsv", kind: "source" },
  ]);
});
