import { describe, expect, it, test } from "vitest";
import { parseRobots } from "./parse-robots.ts";

type Verdicts = Readonly<Record<string, boolean>>;

function verdicts(file: string | Uint8Array, paths: Verdicts, product = "ExampleBot"): Verdicts {
  const robots = parseRobots(file);
  return Object.fromEntries(
    Object.keys(paths).map((path) => [path, robots.allows(product, `https://shop.example${path}`)]),
  );
}

const only = (...rules: string[]): string => ["user-agent: ExampleBot", ...rules].join("\n");

describe("lines", () => {
  test.each<[string, string, Verdicts]>([
    ["names and values", only("disallow: /"), { "/a": false }],
    ["without a colon", "user-agent ExampleBot\ndisallow /", { "/a": false }],
    ["other names", "agent: ExampleBot\ndeny: /", { "/a": true }],
    ["three words without a colon", only("disallow /a b"), { "/a": true }],
    ["capitals", "USER-AGENT: ExampleBot\nALLOW: /x/\nDISALLOW: /", { "/x/1": true, "/a": false }],
    ["mixed case", "uSeR-aGeNt: ExampleBot\nAlLoW: /x/\ndIsAlLoW: /", { "/x/1": true, "/a": false }],
    ["spaces around", "  user-agent :  ExampleBot  \n\tdisallow\t: /a\t", { "/a": false, "/b": true }],
    ["comments", only("# disallow: /", "disallow: /b#c", "allow: /"), { "/a": true, "/b": false }],
    [
      "misspelt names",
      only("dissallow: /1", "disalow: /2", "diasllow: /3"),
      { "/1": false, "/2": false, "/3": false },
    ],
    ["a misspelt crawler line", "useragent: ExampleBot\ndisallow: /", { "/": false }],
    ["carriage returns", "user-agent: ExampleBot\rdisallow: /a\r", { "/a": false, "/b": true }],
    ["Windows' line ends", "user-agent: ExampleBot\r\n\r\ndisallow: /a", { "/a": false, "/b": true }],
    ["an empty file", "", { "/": true }],
    ["what is no robots.txt at all", "<!doctype html><title>Not found</title>", { "/": true }],
  ])("%s", (_what, file, expected) => expect(verdicts(file, expected)).toEqual(expected));

  it("passes over a byte order mark at the beginning, also where it is cut short", () => {
    const rest = Buffer.from(only("disallow: /a"));
    for (const mark of [[0xef, 0xbb, 0xbf], [0xef, 0xbb], [0xef]])
      expect(verdicts(Buffer.from([...mark, ...rest]), { "/a": false })).toEqual({ "/a": false });
    expect(verdicts(`\uFEFF${only("disallow: /a")}`, { "/a": false })).toEqual({ "/a": false });
    // Another one makes its line say nothing.
    const broken = Buffer.from([0xef, 0x11, 0xbf, ...rest]);
    expect(verdicts(broken, { "/a": true })).toEqual({ "/a": true });
    const inside = "user-agent: ExampleBot\n\uFEFFdisallow: /a\ndisallow: /b";
    expect(verdicts(inside, { "/a": true, "/b": false })).toEqual({ "/a": true, "/b": false });
  });

  it("reads a long line as far as it goes", () => {
    const long = `/x/${"a".repeat(2083 * 8 - 1 - "disallow: ".length - 4)}`;
    const expected = { "/other": true, [`${long}/other`]: false, [`${long}-`]: true };
    expect(verdicts(only(`disallow: ${long}/more`), expected)).toEqual(expected);
  });

  it("reads the first 512 KiB of a file, however large it is", () => {
    const filler = `# ${"x".repeat(998)}\n`.repeat(600);
    const expected = { "/a": false, "/b": true };
    expect(verdicts(only("disallow: /a", `${filler}disallow: /b`), expected)).toEqual(expected);
  });
});

describe("groups", () => {
  const file = [
    "allow: /early/",
    "",
    "user-agent: ExampleBot",
    "disallow: /",
    "allow: /x/",
    "user-agent: Second",
    "disallow: /",
    "allow: /y/",
    "",
    "allow: /w/",
    "user-agent: Third",
    "",
    "user-agent: ExampleBot",
    "allow: /z/",
    "disallow: /",
  ].join("\n");

  test.each<[string, Verdicts]>([
    ["ExampleBot", { "/x/1": true, "/z/1": true, "/y/1": false, "/early/1": false }],
    ["Second", { "/y/1": true, "/w/1": true, "/z/1": false, "/early/1": false }],
    ["Third", { "/z/1": true, "/x/1": false, "/early/1": false }],
    ["Nobody", { "/x/1": true, "/y/1": true }],
  ])("%s follows those that name it, and rules before all groups are nobody's", (product, expected) =>
    expect(verdicts(file, expected, product)).toEqual(expected),
  );

  test.each<[string, string, string, Verdicts]>([
    [
      "its own group alone",
      "user-agent: *\ndisallow: /x/\nuser-agent: ExampleBot\ndisallow: /y/",
      "ExampleBot",
      { "/x/1": true, "/y/1": false },
    ],
    [
      "an empty group of its own",
      "user-agent: *\ndisallow: /\nuser-agent: ExampleBot",
      "ExampleBot",
      { "/a": true },
    ],
    [
      "that for all others",
      "user-agent: *\nallow: /\nuser-agent: Other\ndisallow: /",
      "ExampleBot",
      { "/a": true },
    ],
    ["the name in any case", "user-agent: EXAMPLEBOT\ndisallow: /", "examplebot", { "/a": false }],
    [
      "the name up to what is no letter",
      "user-agent: ExampleBot/2.1 (+https://x)\ndisallow: /",
      "ExampleBot",
      { "/a": false },
    ],
    ["not a longer name", "user-agent: ExampleBot-Images\ndisallow: /", "ExampleBot", { "/a": true }],
    [
      "not a name that has a space",
      "user-agent: *\ndisallow: /\nuser-agent: Example Bot\nallow: /",
      "Example Bot",
      { "/a": false },
    ],
    ["a star that is followed by more", "user-agent: * (all)\ndisallow: /", "ExampleBot", { "/a": false }],
    [
      "several groups for all",
      "user-agent: *\ndisallow: /a\n\nuser-agent: *\ndisallow: /b",
      "ExampleBot",
      { "/a": false, "/b": false },
    ],
    ["no group at all", "user-agent: Other\ndisallow: /", "", { "/a": true }],
  ])("a crawler follows %s", (_what, text, product, expected) =>
    expect(verdicts(text, expected, product)).toEqual(expected),
  );
});

describe("the rule that decides", () => {
  test.each<[string, string[], Verdicts]>([
    ["is the longest", ["disallow: /x/page.html", "allow: /x/"], { "/x/page.html": false, "/x/a": true }],
    [
      "is the longest, also an allowing one",
      ["allow: /x/page.html", "disallow: /x/"],
      { "/x/page.html": true, "/x/": false },
    ],
    ["allows where two are equal", ["disallow: /x", "allow: /x"], { "/x/1": true }],
    ["is none where it is empty", ["disallow:", "allow:"], { "/": true }],
    ["counts its wildcards", ["allow: /page", "disallow: /*.html"], { "/page.html": false, "/page": true }],
    [
      "may be the one without",
      ["allow: /x/page.", "disallow: /*.html"],
      { "/x/page.html": true, "/x/y.html": false },
    ],
    ["minds case", ["disallow: /X/"], { "/x/1": true, "/X/1": false }],
    [
      "allows a folder whose index is allowed",
      ["allow: /open/index.html", "disallow: /"],
      { "/open/": true, "/open/index.html": true, "/open/index.htm": false, "/other": false },
    ],
    ["may allow the front page alone", ["allow: /$", "disallow: /"], { "/": true, "/page.html": false }],
  ])("%s", (_what, rules, expected) => expect(verdicts(only(...rules), expected)).toEqual(expected));
});

describe("patterns", () => {
  const allow = (pattern: string): string => only("disallow: /", `allow: ${pattern}`);
  const fish = {
    "/fish": true,
    "/fish.html": true,
    "/fish/salmon.html": true,
    "/fishheads/yummy.html": true,
    "/fish.html?id=anything": true,
    "/Fish.asp": false,
    "/catfish": false,
    "/?id=fish": false,
  };
  test.each<[string, Verdicts]>([
    ["/fish", fish],
    ["/fish*", fish],
    [
      "/fish/",
      {
        "/fish/": true,
        "/fish/salmon": true,
        "/fish/?id=1": true,
        "/fish": false,
        "/fish.html": false,
        "/Fish/a": false,
      },
    ],
    [
      "/*.php",
      {
        "/index.php": true,
        "/folder/any.php.file.html": true,
        "/a.php?x": true,
        "/a.php/": true,
        "/index?f=a.php/": true,
        "/php/": false,
        "/index?php": false,
        "/windows.PHP": false,
      },
    ],
    [
      "/*.php$",
      {
        "/filename.php": true,
        "/folder/filename.php": true,
        "/filename.php?x": false,
        "/filename.php/": false,
        "/filename.php5": false,
        "/php/": false,
        "/windows.PHP": false,
      },
    ],
    ["/fish*.php", { "/fish.php": true, "/fishheads/catfish.php?x": true, "/Fish.PHP": false }],
    ["/foo/*/qux", { "/foo/a/qux": true, "/foo//qux": true, "/foo/qux": false }],
    ["/foo/bar$", { "/foo/bar": true, "/foo/bar/": false, "/foo/bar/qux": false }],
    ["/a$b", { "/a$b": true, "/a": false }],
    ["/*a*a*a$", { "/aaa": true, "/xaxaxa": true, "/aa": false, "/aaab": false }],
    ["fish", { "/fish": false }],
    ["*fish", { "/a/fish": true, "/cat": false }],
  ])("%s", (pattern, expected) => expect(verdicts(allow(pattern), expected)).toEqual(expected));

  test.each<[string, Verdicts]>([
    ["/a?b=c&d=https://e.example?f&g", { "/a?b=c&d=https://e.example?f&g": true }],
    // A URL comes percent-encoded, a pattern may be written either way.
    ["/foo/ツ", { "/foo/%E3%83%84": true, "/foo/ツ": false }],
    ["/foo/%e3%83%84", { "/foo/%E3%83%84": true, "/foo/ツ": false }],
    ["/foo/%62%61%7A", { "/foo/%62%61%7A": true, "/foo/baz": false }],
    ["/á", { "/%C3%A1": true }],
  ])("%s, with what is percent-encoded", (pattern, expected) =>
    expect(verdicts(allow(pattern), expected)).toEqual(expected),
  );

  it("takes no time to speak of for a file that is made to take long", () => {
    const spaces = `${" ".repeat(16_000)}x\n`.repeat(32);
    expect(parseRobots(only(spaces, "disallow: /")).allows("ExampleBot", "https://shop.example/")).toBe(
      false,
    );
    const robots = parseRobots(only(`disallow: /${"*a".repeat(5_000)}$`));
    expect(robots.allows("ExampleBot", `https://shop.example/${"a".repeat(8_000)}b`)).toBe(true);
  });
});

test.each([
  ["", "/"],
  ["https://shop.example", "/"],
  ["https://shop.example/a/b?c=https://d.example/", "/a/b?c=https://d.example/"],
  ["https://shop.example/a?b#c", "/a?b"],
  ["https://shop.example?a", "/?a"],
  ["https://shop.example/a;b#c", "/a;b"],
  ["https://shop.example#/a", "/"],
  ["//shop.example/b", "/b"],
  ["/a", "/a"],
])("of the URL %j the part %j counts", (url, path) => {
  const robots = parseRobots(only("disallow: /", `allow: ${path.replaceAll("?", "?")}$`));
  expect(robots.allows("ExampleBot", url)).toBe(true);
  expect(robots.allows("ExampleBot", "https://shop.example/another")).toBe(false);
});

it("tells of sitemaps wherever they stand, and of the delay that a crawler is asked for", () => {
  const robots = parseRobots(
    [
      "sitemap: https://shop.example/one.xml",
      "user-agent: *",
      "crawl-delay: 2.5",
      "user-agent: ExampleBot",
      "Sitemap: https://shop.example/two.xml # the second",
      "crawl-delay: none",
      "crawl-delay: 10",
      "disallow: /a",
      "Site-map: /three.xml",
    ].join("\n"),
  );
  expect(robots.sitemaps).toEqual([
    "https://shop.example/one.xml",
    "https://shop.example/two.xml",
    "/three.xml",
  ]);
  expect([robots.crawlDelay("examplebot"), robots.crawlDelay("other")]).toEqual([10, 2.5]);
  expect(parseRobots("").crawlDelay("other")).toBeUndefined();
});
