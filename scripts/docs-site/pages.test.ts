import { expect, test } from "vitest";
import { navigation } from "./navigation.ts";
import { rewriteLinks, titleOf } from "./pages.ts";

const places = new Map([
  ["docs/guides/a.md", "guides/a.md"],
  ["docs/adr/README.md", "adr/index.md"],
  ["SECURITY.md", "project/security.md"],
]);
const rewritten = (text: string): string =>
  rewriteLinks(text, { from: "docs/guides/b.md", to: "guides/b.md", places });

test("links lead to pages, and those that lead out of the site are texts", () => {
  expect(
    rewritten(
      "[A](a.md#x), [all](../adr), [S](../../SECURITY.md), [code](../../scripts/x.ts), [w](https://x.org)",
    ),
  ).toBe("[A](./a.md#x), [all](../adr/index.md), [S](../project/security.md), code, [w](https://x.org)");
  expect(rewritten("![shot](../images/x.png) and `[A](nowhere.md)`\n```\n[B](nowhere.md)\n```")).toBe(
    "![shot](../images/x.png) and `[A](nowhere.md)`\n```\n[B](nowhere.md)\n```",
  );
});

test("every page is in the navigation once, guides in the groups of the README", () => {
  const page = (path: string): { path: string; title: string; text: string } => ({
    path,
    title: path,
    text: "",
  });
  const pages = [
    "index.md",
    "zebra.md",
    "architecture.md",
    "guides/a.md",
    "guides/b.md",
    "guides/c.md",
    "adr/index.md",
  ].map(page);
  const readme =
    "- **Begin**: [C](docs/guides/c.md) ·\n  [A](docs/guides/a.md#part)\n- **Then**: [C](docs/guides/c.md)\n\n";
  const found = navigation(pages, readme);
  expect(found[0]?.items?.map(({ text }) => text)).toEqual(["index.md", "architecture.md", "zebra.md"]);
  expect(found[1]?.items).toEqual([
    {
      text: "Begin",
      items: [
        { text: "guides/c.md", link: "/guides/c" },
        { text: "guides/a.md", link: "/guides/a" },
      ],
    },
    { text: "More", items: [{ text: "guides/b.md", link: "/guides/b" }] },
  ]);
  expect(found.at(-2)?.items).toEqual([{ text: "adr/index.md", link: "/adr/" }]);
});

test("a page is called what its first heading says", () => {
  expect(titleOf("<!-- x -->\n\n# The `title`\n\n# Other\n")).toBe("The title");
});
