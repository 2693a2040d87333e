import { expect, test } from "vitest";
import { headingAnchors, relativeLinks, repositoryPaths } from "./doc-links.ts";
import { splitMarkdown } from "./markdown.ts";

test("finds links, images and references, and leaves out web addresses and code", () => {
  const text = [
    '[a](one.md) and [b](<two.md> "title") and [web](https://example.org)',
    "`[code](no.md)`",
    "```",
    "[code](no.md)",
    "```",
    "[ref]: three.md#part",
    '<img src="four.svg" alt="">',
  ].join("\n");
  expect(relativeLinks(splitMarkdown(text).prose)).toEqual([
    { target: "one.md", line: 1 },
    { target: "two.md", line: 1 },
    { target: "three.md#part", line: 6 },
    { target: "four.svg", line: 7 },
  ]);
});

test("makes the anchors that GitHub makes", () => {
  const anchors = headingAnchors(
    "# One, two: `three`\n## Same\n## Same\n```\n# not a heading\n```\n### [Link](x.md) – here",
  );
  expect([...anchors]).toEqual(["one-two-three", "same", "same-1", "link--here"]);
});

test("finds paths of the repository in code", () => {
  const text = "see `packages/core/src/row.ts` and `docs/adr/`,\nnot `pipelines/a.ts` or `packages/<name>/x`";
  expect(repositoryPaths(text)).toEqual([
    { target: "packages/core/src/row.ts", line: 1 },
    { target: "docs/adr/", line: 1 },
  ]);
});
