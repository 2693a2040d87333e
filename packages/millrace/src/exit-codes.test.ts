import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { EXIT_CODES } from "./exit-codes.ts";

test("the page of exit codes says what the help says", async () => {
  const page = await readFile(new URL("../../../docs/reference/exit-codes.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) +\| (.*?) *\|$/gm)].map((row) => [Number(row[1]), row[2]]);
  expect(rows).toEqual(EXIT_CODES.map(([code, means]) => [code, means]));
});
