import { expect, test } from "vitest";
import { clean, cleanLines } from "./text.ts";

test("escape sequences, bells and carriage returns become visible", () => {
  expect(clean("a\u001b[31mred\u0007\rb")).toBe("a\\x1b[31mred\\x07\\rb");
});

test("C1 controls and marks that turn the reading direction become visible", () => {
  expect(clean("a\u009b31m\u202egnp.exe\u2066")).toBe("a\\x9b31m\\u202egnp.exe\\u2066");
});

test("line breaks are escaped where one line is wanted, and kept where several are", () => {
  expect(clean("one\ntwo")).toBe("one\\ntwo");
  expect(cleanLines("one\r\ntwo\u001b]0;title\u0007")).toBe("one\ntwo\\x1b]0;title\\x07");
});

test("text of any script stays as it is", () => {
  expect(clean("São Paulo 東京 👍 naïve")).toBe("São Paulo 東京 👍 naïve");
});
