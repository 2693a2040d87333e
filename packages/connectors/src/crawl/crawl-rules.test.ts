import { gzipSync } from "node:zlib";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { address, crawl, css } from "./index.ts";
import type { CrawlOptions } from "./options.ts";
import { crawlBed, html, type CrawlBed } from "../../test/crawl/crawl-bed.ts";
import { hurriedClock } from "../../test/http/read.ts";

let bed: CrawlBed;
beforeEach(async () => {
  bed = await crawlBed({});
});
afterEach(() => bed.close());

const links = (...targets: string[]): string => targets.map((target) => `<a href="${target}">x</a>`).join("");
const PAGES: CrawlOptions["extract"] = {
  stream: "pages",
  row: { path: address(/\d(\/.*)$/), title: css("h1") },
};
/** Crawls from `/`, follows all links, and takes each page as a row. */
const run = (more: Partial<CrawlOptions> = {}, how = {}): ReturnType<CrawlBed["run"]> =>
  bed.run(
    { start: `${bed.site.url}/`, follow: "a", extract: PAGES, ...more },
    { pages: ["path"] },
    { clock: hurriedClock(), ...how },
  );
const paths = (): unknown[] => bed.destination.rows("pages").map(({ path: each }) => each);
const warnings = ({ observer }: Awaited<ReturnType<CrawlBed["run"]>>): string[] =>
  observer.events.flatMap((event) => (event.type === "log" && event.level === "warn" ? [event.message] : []));
const serve = (routes: Record<string, string>): void => {
  for (const [at, body] of Object.entries(routes)) bed.site.routes[at] = html(body);
};
const robots = (text: string, status = 200): void => {
  bed.site.routes["/robots.txt"] = () => ({ status, headers: { "content-type": "text/plain" }, body: text });
};

test("robots.txt is respected, and a page that it refuses is never asked for", async () => {
  serve({ "/": links("/a", "/private/b"), "/a": "a", "/private/b": "b" });
  robots("User-agent: *\nDisallow: /private\n");
  await run();
  expect(paths()).toEqual(["/", "/a"]);
  expect(bed.asked()).not.toContain("/private/b");
  await run({ robots: { "127.0.0.1": "ignore" } });
  expect(paths()).toEqual(["/", "/a", "/private/b"]);
});

test("a start that robots.txt refuses fails the run, with what to do", async () => {
  robots("User-agent: millrace\nDisallow: /\n");
  const { error } = await run();
  expect(error).toMatchObject({ code: "MLR_SOURCE_DENIED" });
  expect(error?.message).toContain("is not to be read by robots.txt");
  expect(error?.hint).toContain('"ignore"');
});

test("where robots.txt cannot be read, nothing is; where there is none, all may be", async () => {
  serve({ "/": "x" });
  robots("broken", 500);
  expect((await run()).error?.message).toContain("as robots.txt cannot be");
  robots("", 404);
  expect((await run()).error).toBeUndefined();
});

test("a robots.txt of 50 MB is read to its limit, and one of HTML says nothing", async () => {
  serve({ "/": links("/no", "/late"), "/no": "n", "/late": "l" });
  const long = `User-agent: *\nDisallow: /no\n${"# filled\n".repeat(5_600_000)}Disallow: /late\n`;
  robots(long);
  await run();
  expect(paths()).toEqual(["/", "/late"]);
  robots("<html><body>Disallow: /late</body></html>");
  await run();
  expect(paths()).toEqual(["/", "/late", "/no"]);
});

test("a crawl-delay goes by between two pages", async () => {
  serve({ "/": links("/a", "/b"), "/a": "a", "/b": "b" });
  robots("User-agent: *\nCrawl-delay: 7\n");
  const clock = hurriedClock();
  await run({}, { clock });
  expect(clock.slept.filter((ms) => ms > 6_000 && ms <= 7_000)).toHaveLength(2);
});

test("pages that ask not to be followed or indexed are not, links marked so neither", async () => {
  serve({
    "/": `${links("/a", "/b")}<a rel="external nofollow" href="/c">c</a>`,
    "/a": `<html><head><meta name="robots" content="noindex, nofollow"></head><body>${links("/d")}</body></html>`,
  });
  bed.site.routes["/b"] = html(links("/e"), {
    headers: { "x-robots-tag": "millrace: nofollow, other: noindex" },
  });
  await run();
  expect(paths()).toEqual(["/", "/b"]);
  expect(bed.asked().toSorted()).toEqual(["/", "/a", "/b"]);
});

test("a host that says 429 is asked again as late as it wants, and nothing is lost", async () => {
  serve({ "/": links("/a") });
  let refusals = 2;
  bed.site.routes["/a"] = () =>
    refusals-- > 0
      ? { status: 429, headers: { "retry-after": "30" }, body: "slow down" }
      : { headers: { "content-type": "text/html" }, body: "a" };
  const clock = hurriedClock();
  expect((await run({}, { clock })).withheld).toEqual({});
  expect(paths()).toEqual(["/", "/a"]);
  expect(clock.slept.filter((ms) => ms > 29_000).length).toBeGreaterThanOrEqual(2);
});

test("errors are never rows, and a page that says that it is gone in words is gone", async () => {
  serve({ "/": links("/a", "/b", "/c"), "/a": "<h1>A</h1>", "/b": "<p class=expired>This flat was let</p>" });
  bed.site.routes["/c"] = html("<h1>Not found</h1>", { status: 404 });
  await run({ gone: ".expired" });
  expect(paths()).toEqual(["/", "/a"]);
  await run({ gone: /was let/, statuses: [404] });
  expect(paths()).toEqual(["/", "/a", "/c"]);
});

test("sitemaps are found and read with their index, also when they refer to themselves", async () => {
  robots(`Sitemap: ${bed.site.url}/index.xml\n`);
  const index = `<sitemapindex><sitemap><loc>/a.xml.gz</loc></sitemap><sitemap><loc>/index.xml</loc></sitemap></sitemapindex>`;
  bed.site.routes["/index.xml"] = () => ({ headers: { "content-type": "text/xml" }, body: index });
  const list = `<urlset><url><loc>${bed.site.url}/a</loc></url><url><loc>https://elsewhere.example/b</loc></url></urlset>`;
  bed.site.routes["/a.xml.gz"] = () => ({
    headers: { "content-type": "application/gzip" },
    body: gzipSync(list),
  });
  serve({ "/": "home", "/a": "a" });
  await run({ sitemaps: true });
  expect(paths()).toEqual(["/", "/a"]);
  expect(bed.asked().filter((each) => each === "/index.xml")).toHaveLength(1);
});

test("redirects are followed within the site; circles and chains without end are failures that are told", async () => {
  const to = (location: string) => () => ({ status: 302, headers: { location }, body: "" });
  serve({ "/": links("/old", "/circle/1", "/away", "/new"), "/new": "<h1>New</h1>" });
  bed.site.routes["/old"] = to("/new?utm_source=x");
  bed.site.routes["/circle/1"] = to("/circle/2");
  bed.site.routes["/circle/2"] = to("/circle/1");
  bed.site.routes["/away"] = to("https://elsewhere.example/");
  const report = await run();
  expect(bed.destination.rows("pages")).toHaveLength(2);
  expect(warnings(report)).toEqual([`${bed.site.url}/circle/1 redirects in a circle`]);
  expect(report.withheld).toMatchObject({ pages: [expect.stringContaining("pages could not be read")] });
});

test("a calendar without end is left, with a warning, and nothing is removed", async () => {
  serve({ "/": links("/a", "/calendar?month=1"), "/a": "a" });
  bed.site.routes["/calendar"] = (request) =>
    html(links(`/calendar?month=${Number(request.query.get("month")) + 1}`))(request);
  const report = await run({
    maxBarren: 20,
    extract: { stream: "pages", at: "/a", row: { path: address(/\d(\/.*)$/) } },
  });
  expect(bed.asked().filter((each) => each.startsWith("/calendar"))).toHaveLength(20);
  expect(warnings(report)[0]).toContain("20 pages in a row like");
  expect(report.withheld["pages"]?.[0]).toContain("addresses that have no end were left out");
});

test("a crawl ends at its most pages, and at its depth", async () => {
  bed.site.routes["/*"] = ({ path: at }) => ({
    headers: { "content-type": "text/html" },
    body: links(`/${Number(at.slice(1)) + 1}`),
  });
  const report = await run({ start: `${bed.site.url}/1`, maxPages: 5 });
  expect(report.tables["pages"]).toMatchObject({ inserted: 5 });
  expect(report.withheld["pages"]?.[0]).toContain("maxPages (5)");
  expect((await run({ start: `${bed.site.url}/1`, maxDepth: 2 })).tables["pages"]).toMatchObject({
    unchanged: 3,
    removed: 2,
  });
});

test("pages that are no text, too long or broken are no rows, and only what was lost is told", async () => {
  serve({ "/": links("/image", "/long", "/a"), "/a": "<h1>a" });
  bed.site.routes["/image"] = () => ({
    headers: { "content-type": "image/png" },
    body: Buffer.from([137, 80, 0, 1]),
  });
  bed.site.routes["/long"] = () => ({ headers: { "content-type": "text/html" }, body: "x".repeat(200_000) });
  const report = await run({ maxResponseBytes: 100_000 });
  expect(paths()).toEqual(["/", "/a"]);
  expect(report.withheld["pages"]).toEqual([`pages could not be read: ${bed.site.url}/long`]);
});

test("when a field is not found any more, somebody is told, nothing is removed and pages are kept", async () => {
  const ids = Array.from({ length: 30 }, (_, index) => index);
  serve({ "/": links(...ids.map((id) => `/item/${id}`)) });
  for (const id of ids) serve({ [`/item/${id}`]: `<h1>Item ${id}</h1>` });
  const items: CrawlOptions["extract"] = {
    stream: "pages",
    at: "/item/",
    row: { path: address(/\d(\/.*)$/), title: css("h1") },
  };
  await run({ extract: items });
  for (const id of ids) serve({ [`/item/${id}`]: `<h2>Item ${id}</h2>` });
  serve({ "/": links(...ids.slice(1).map((id) => `/item/${id}`)) });
  const report = await run({ extract: [{ ...items, require: ["title"] }] as CrawlOptions["extract"] });
  expect(warnings(report).at(-1)).toContain(
    '"title" was found in 0 % of the rows; in the last crawl in 100 %',
  );
  expect(report.tables["pages"]).toMatchObject({ removed: 0, rejected: 29 });
  const samples = path.join(bed.directory, ".millrace", "crawls", "site-samples");
  expect(readdirSync(samples)).toHaveLength(20);
  expect(readFileSync(path.join(samples, "01.html"), "utf8")).toMatch(
    /field "title" \(css\("h1"\)\) found nothing/,
  );
});

test("what code emits and follows counts as the rest; where it fails, the page is told of", async () => {
  serve({ "/": links("/bad"), "/bad": "b" });
  bed.site.routes["/api"] = ({ body }) => ({
    json: { page: Number(new URLSearchParams(body).get("page")), html: "<h1>Found</h1>" },
  });
  const report = await run({
    extract: [],
    handle(page, context) {
      if (page.url.endsWith("/bad")) throw new Error("no such thing");
      if (!page.url.endsWith("/api")) return context.follow({ url: "/api", form: { page: 1 }, html: "html" });
      const { page: number } = page.json() as { page: number };
      context.emit("pages", { path: `api ${number}`, title: page.text("h1") });
      if (number < 3) context.follow({ url: "/api", form: { page: number + 1 }, html: "html" });
    },
  });
  expect(bed.destination.rows("pages")).toEqual(
    [1, 2, 3].map((number) => ({ path: `api ${number}`, title: "Found" })),
  );
  expect(warnings(report)).toEqual([`${bed.site.url}/bad: handle() failed: no such thing`]);
});

test("a value that no row can have fails the run and names the page", async () => {
  serve({ "/": "x" });
  const { error } = await run({
    extract: [],
    handle: (_page, context) => context.emit("pages", { path: () => 1 }),
  });
  expect(error).toMatchObject({ code: "MLR_ARGUMENT_INVALID" });
  expect(error?.message).toContain(
    `${bed.site.url}/: a row of stream "pages" has a value that cannot be kept`,
  );
});

test("a run with --limit keeps no file of the crawl", async () => {
  serve({ "/": links("/a", "/b"), "/a": "a", "/b": "b" });
  expect((await run({}, { limit: 1 })).tables["pages"]).toMatchObject({ inserted: 1 });
  expect(existsSync(path.join(bed.directory, ".millrace"))).toBe(false);
});

test("hosts that were not named are not visited", async () => {
  serve({
    "/": links("https://elsewhere.example/", `http://localhost:${new URL(bed.site.url).port}/a`),
    "/a": "a",
  });
  await run();
  expect(paths()).toEqual(["/"]);
  await run({ hosts: ["localhost"] });
  expect(paths()).toEqual(["/", "/a"]);
});

test("options that cannot be meant are refused at once", () => {
  const start = "https://a.org/";
  expect(() => crawl({ start: "a.org" })).toThrow(/not an http/);
  expect(() => crawl({ start, follow: "a[" })).toThrow(/not a CSS selector/);
  expect(() => crawl({ start, folow: "a" } as CrawlOptions)).toThrow(/no option "folow"/);
});
