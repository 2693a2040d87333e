import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MillraceError } from "@millrace/core";
import { expect, it } from "vitest";
import { codePositionOf } from "./code-position.ts";

const ROOT = join(import.meta.dirname, "project");
const PIPELINE = join(ROOT, "pipelines", "quakes.ts");

function thrown(message: string, frames: readonly string[], cause?: unknown): Error {
  const error = new Error(message, { cause });
  error.stack = `Error: ${message}\n${frames.map((frame) => `    at ${frame}`).join("\n")}`;
  return error;
}

it("finds the first line of the project in the innermost cause", () => {
  const url = pathToFileURL(PIPELINE).href;
  const inner = thrown("boom", [
    "JSON.parse (<anonymous>)",
    "node:internal/streams:10:2",
    `read (${pathToFileURL(join(ROOT, "node_modules", "x", "y.js")).href}:1:2)`,
    `async Object.source (${url}?loaded=2:12:9)`,
    `${url}:99:1`,
  ]);
  const outer = new MillraceError("MLR_SOURCE_FAILED", "the source failed", {
    cause: thrown("around", [`wrap (${PIPELINE}:3:4)`], inner),
  });
  expect(codePositionOf(outer, ROOT)).toEqual({ file: "pipelines/quakes.ts", line: 12, column: 9 });
});

it("finds none where nothing of the project is on the stack", () => {
  for (const error of [
    thrown("503", ["fetch (node:internal/deps/undici:1:1)", `x (${join(ROOT, "..", "other", "a.ts")}:1:1)`]),
    thrown("odd", ["file:///%zz:1:1", "pipelines/quakes.ts:1:1", ""]),
    "no error",
    undefined,
  ])
    expect(codePositionOf(error, ROOT)).toBeUndefined();
});

it("ends where causes go round in a circle", () => {
  const first = thrown("first", []);
  first.cause = thrown("second", [], first);
  expect(codePositionOf(first, ROOT)).toBeUndefined();
});
