import { expect, test } from "vitest";
import { forbiddenWords } from "./words.ts";

test("finds paths of one machine", () => {
  expect(forbiddenWords("fine\nsee /work/main/x and /root/.npmrc", "a.md")).toEqual([
    "a.md:2 a path of one machine: /work/m",
  ]);
  expect(forbiddenWords('"/home/ann/data"', "a.ts")).toEqual(["a.ts:1 a path of one user: /home/ann"]);
});

test("lets web addresses, relative paths and stand-ins be", () => {
  const text = "https://example.org/work/main ./work/x packages/work/y /home/you/data docs/root/a";
  expect(forbiddenWords(text, "a.md")).toEqual([]);
});
