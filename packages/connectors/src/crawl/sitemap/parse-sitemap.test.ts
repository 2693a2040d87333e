import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { parseSitemap } from "./parse-sitemap.ts";

const parse = (text: string): ReturnType<typeof parseSitemap> => parseSitemap(Buffer.from(text));

test("a sitemap lists pages, also those in other languages; images are none", () => {
  const found = parse(`<?xml version="1.0"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc> https://a.org/1?a=1&amp;b=2 </loc><xhtml:link rel="alternate" hreflang="de" href="https://a.org/de/1"/>
<image:image><image:loc>https://a.org/1.jpg</image:loc></image:image></url>
<url><loc><![CDATA[https://a.org/2]]></loc><news:news><news:title>x</news:title></news:news></url></urlset>`);
  expect(found).toEqual({
    pages: ["https://a.org/de/1", "https://a.org/1?a=1&b=2", "https://a.org/2"].toSorted(
      (a, b) => found.pages.indexOf(a) - found.pages.indexOf(b),
    ),
    sitemaps: [],
    cut: false,
  });
});

test("an index lists sitemaps, compressed or not", () => {
  const index = "<sitemapindex><sitemap><loc>https://a.org/s1.xml</loc></sitemap></sitemapindex>";
  expect(parse(index)).toEqual({ pages: [], sitemaps: ["https://a.org/s1.xml"], cut: false });
  expect(parseSitemap(gzipSync(index)).sitemaps).toEqual(["https://a.org/s1.xml"]);
});

test("feeds and lists of lines are sitemaps as well", () => {
  expect(parse("<rss><channel><item><link>https://a.org/1</link></item></channel></rss>").pages).toEqual([
    "https://a.org/1",
  ]);
  expect(
    parse(
      '<feed><link rel="self" href="https://a.org/feed"/><entry><link href="https://a.org/2"/></entry></feed>',
    ).pages,
  ).toEqual(["https://a.org/2"]);
  expect(parse("https://a.org/3\r\n\nnot one\nhttps://a.org/4").pages).toEqual([
    "https://a.org/3",
    "https://a.org/4",
  ]);
});

test("broken and endless sitemaps give what can be read, and say that it is not all", () => {
  expect(parse("<urlset><url><loc>https://a.org/1</loc></url><url><loc>https://a.org/2").pages).toEqual([
    "https://a.org/1",
  ]);
  expect(parseSitemap(Buffer.from([0x1f, 0x8b, 1, 2, 3]))).toEqual({ pages: [], sitemaps: [], cut: true });
  const many = Array.from({ length: 100_001 }, (_, index) => `https://a.org/${index}`).join("\n");
  expect(parse(many)).toMatchObject({ cut: true, pages: { length: 100_000 } });
});
