import { expect, test } from "vitest";
import { splitMarkdown } from "./markdown.ts";

test("splits fenced blocks from prose and keeps line numbers", () => {
  const text = "one\n```ts file=a.ts\nconst a = 1;\n```\ntwo\n````md\n```\nnested\n```\n````\n";
  const { blocks, prose } = splitMarkdown(text);
  expect(blocks).toEqual([
    { language: "ts", words: ["file=a.ts"], code: "const a = 1;", line: 3 },
    { language: "md", words: [], code: "```\nnested\n```", line: 7 },
  ]);
  expect(prose.split("\n")).toEqual(["one", "", "", "", "two", "", "", "", "", "", ""]);
});
