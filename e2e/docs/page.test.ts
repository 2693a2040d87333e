import { expect, test } from "vitest";
import { missingLine, pageSteps } from "./page.ts";

test("a page becomes files, commands, queries and outputs", () => {
  const page = [
    "# Title",
    "```ts file=pipelines/a.ts",
    "const a = 1;",
    "```",
    "```sh fails",
    "cd my-data   # a comment",
    "npx millrace run a",
    "```",
    "```text",
    "done",
    "```",
    "```sql",
    "SELECT 1",
    "```",
    "```ts fragment",
    "no",
    "```",
    "```sh skip",
    "no",
    "```",
  ].join("\n");
  expect(pageSteps(page)).toEqual([
    { kind: "file", path: "pipelines/a.ts", text: "const a = 1;\n", line: 3 },
    { kind: "shell", command: "cd my-data", fails: false, line: 6 },
    { kind: "shell", command: "npx millrace run a", fails: true, line: 7 },
    { kind: "output", lines: ["done"], line: 10 },
    { kind: "sql", statement: "SELECT 1", line: 13 },
  ]);
});

test("output may have more lines and other spacing, but not another order", () => {
  const output = "first   line\nnoise\nread 5 in 0.3 s\nlast\n";
  expect(missingLine(["first line", "read 5 in … s"], output)).toBeUndefined();
  expect(missingLine(["last", "first line"], output)).toBe("first line");
  expect(missingLine(["read 6 in … s"], output)).toBe("read 6 in … s");
  expect(missingLine(["noise (x"], output)).toBe("noise (x");
});
