import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sourceContract } from "@millrace/core/testing";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { address, attr, crawl, css, number, price, url } from "./index.ts";
import type { CrawlOptions } from "./options.ts";
import { crawlBed, html, type CrawlBed } from "../../test/crawl/crawl-bed.ts";
import { apiServer, type Route } from "../../test/http/api-server.ts";
import { hurriedClock } from "../../test/http/read.ts";

const PER_PAGE = 3;
let prices: Record<number, string>;

/** Lists of items with a link to the next one, and a page for each item. */
function shop(): Record<string, Route> {
  const ids = (): number[] => Object.keys(prices).map(Number);
  return {
    "/list/*": (request) => {
      const page = Number(request.path.split("/").at(-1));
      const own = ids().slice((page - 1) * PER_PAGE, page * PER_PAGE);
      const next = page * PER_PAGE < ids().length ? `<a class="next" href="/list/${page + 1}">next</a>` : "";
      return html(
        `${own.map((id) => `<a class="item" href="/item/${id}?utm_source=list">item ${id}</a>`).join("")}${next}<a href="/about">about</a>`,
      )(request);
    },
    "/item/*": (request) => {
      const id = Number(request.path.split("/").at(-1));
      const text = prices[id];
      if (text === undefined) return { status: 404, body: "gone" };
      return html(
        `<h1>Item ${id}</h1><b class="price">${text}</b><img src="../photo/${id}.jpg"><a class="item" href="/list/1">back</a>`,
      )(request);
    },
    "/about": html("about us"),
  };
}

const options = (base: string, more: Partial<CrawlOptions> = {}): CrawlOptions => ({
  start: `${base}/list/1`,
  follow: "a.next, a.item",
  extract: {
    stream: "items",
    at: "/item/",
    key: ["id"],
    row: {
      id: address(/item\/(\d+)/, number),
      title: css("h1"),
      price: css(".price", price),
      photo: attr("img", "src", url),
    },
  },
  ...more,
});

let bed: CrawlBed;
beforeEach(async () => {
  prices = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [index + 1, `$${index + 1},000.50`]));
  bed = await crawlBed(shop());
});
afterEach(() => bed.close());
const run = (more: Partial<CrawlOptions> = {}, how = {}): ReturnType<CrawlBed["run"]> =>
  bed.run(options(bed.site.url, more), { items: ["id"] }, how);

test("pages are followed, and each gives its row once", async () => {
  const report = await run();
  expect(report.error).toBeUndefined();
  expect(report.tables["items"]).toMatchObject({ inserted: 8 });
  expect(bed.destination.rows("items")[0]).toEqual({
    id: 1,
    title: "Item 1",
    price: "1000.5",
    photo: `${bed.site.url}/photo/1.jpg`,
  });
  expect(bed.asked().toSorted()).toEqual([
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((id) => `/item/${id}?utm_source=list`),
    "/list/1",
    "/list/2",
    "/list/3",
  ]);
});

test("what is new, changed and gone on the site is so in the table", async () => {
  await run();
  prices[2] = "$9.99";
  delete prices[3];
  prices[9] = "$5";
  const report = await run();
  expect(report.tables["items"]).toMatchObject({ inserted: 1, updated: 1, removed: 1, unchanged: 6 });
});

test("nothing is removed where a page could not be read, and why is told", async () => {
  await run();
  bed.site.routes["/list/2"] = () => ({ status: 500, body: "broken" });
  const report = await run({}, { clock: hurriedClock() });
  expect(report.tables["items"]).toMatchObject({ unchanged: 3, removed: 0 });
  expect(report.withheld).toEqual({ items: [`pages could not be read: ${bed.site.url}/list/2`] });
  expect(bed.asked().filter((path) => path === "/list/2")).toHaveLength(1 + 4);
});

test("a page that is gone takes its row along, also where it is still linked to", async () => {
  await run();
  bed.site.routes["/item/4"] = () => ({ status: 410, body: "sold" });
  expect((await run()).tables["items"]).toMatchObject({ removed: 1, unchanged: 7 });
});

test("a crawl that is stopped goes on where it was, with the same counts", async () => {
  const stop = new AbortController();
  const route = bed.site.routes["/item/*"];
  bed.site.routes["/item/*"] = (request) => {
    if (request.path === "/item/4") stop.abort();
    return route?.(request) ?? { status: 404, body: "" };
  };
  const first = await run({ concurrency: { perHost: 1 } }, { signal: stop.signal });
  expect(first.status).toBe("stopped");
  const before = bed.asked();
  const second = await run({ concurrency: { perHost: 1 } });
  expect(second).toMatchObject({ status: "succeeded", withheld: {} });
  expect(bed.destination.rows("items")).toHaveLength(8);
  // Only the page that was under way is asked for again.
  const again = bed
    .asked()
    .slice(before.length)
    .filter((each) => before.includes(each));
  expect(again.length).toBeLessThanOrEqual(1);
  expect((await run()).tables["items"]).toMatchObject({ unchanged: 8, removed: 0 });
});

test("an interrupted crawl that is older than a day begins anew, and so does one with --full", async () => {
  const clock = hurriedClock();
  const stopAt = (name: string): AbortSignal => {
    const stop = new AbortController();
    const route = bed.site.routes["/item/*"];
    bed.site.routes["/item/*"] = (request) => {
      if (request.path === name) stop.abort();
      return route?.(request) ?? { status: 404, body: "" };
    };
    return stop.signal;
  };
  const asksAnew = async (how: object): Promise<boolean> => {
    await run({ concurrency: { perHost: 1 } }, { clock, signal: stopAt("/item/2") });
    const before = bed.asked().length;
    await run({}, { clock, ...how });
    return bed.asked().slice(before).includes("/list/1");
  };
  expect(await asksAnew({})).toBe(false);
  expect(await asksAnew({ full: true })).toBe(true);
  expect(await asksAnew({ clock: hurriedClock(Date.UTC(2026, 0, 3)) })).toBe(true);
  expect(bed.destination.rows("items")).toHaveLength(8);
});

sourceContract({
  name: "crawl",
  describe,
  it,
  expect,
  expectedRows: {
    items: [
      { id: 1, title: "Item 1" },
      { id: 2, title: "Item 2" },
      { id: 3, title: "Item 3" },
      { id: 4, title: "Item 4" },
    ],
  },
  async create() {
    prices = { 1: "$1", 2: "$2", 3: "$3", 4: "$4" };
    const own = await apiServer(shop());
    const directory = mkdtempSync(path.join(tmpdir(), "millrace-crawl-"));
    const source = crawl(
      options(own.url, {
        extract: {
          stream: "items",
          at: "/item/",
          row: { id: address(/item\/(\d+)/, number), title: css("h1") },
        },
      }),
    );
    return {
      source,
      context: { directory },
      close: async () => {
        await own.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
});
