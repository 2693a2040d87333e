import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellQuote, shellVariables } from "./shell-quote.ts";

const NASTY = [
  "",
  "plain",
  "two words",
  "it's",
  "$(id)",
  "`id`",
  'a"b',
  "a\nb",
  "\\",
  "!x",
  "-n",
  "*",
  "~",
  "ü",
];

test.skipIf(process.platform === "win32")("a shell gives back what was quoted", () => {
  for (const text of NASTY) {
    const said = execFileSync("/bin/sh", ["-c", `printf %s ${shellQuote(text)}`], { encoding: "utf8" });
    expect(said).toBe(text);
  }
});

test.skipIf(process.platform === "win32")("variables hold what they were given", () => {
  for (const text of NASTY) {
    const script = `${shellVariables({ VALUE: text })}printf %s "$VALUE"`;
    expect(execFileSync("/bin/sh", ["-s"], { encoding: "utf8", input: script })).toBe(text);
  }
});

test("a NUL is refused", () => {
  expect(() => shellQuote("a\0b")).toThrow(RangeError);
});
