import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Frontier } from "./frontier.ts";
import type { Link, Visit } from "./visit.ts";

const HOST = "https://example.org";
let folder: string;
let frontier: Frontier;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "millrace-frontier-"));
  frontier = open();
  frontier.begin(0);
});
afterEach(() => {
  frontier.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(): Frontier {
  return new Frontier(path.join(folder, "crawls", "a.sqlite"));
}
function link(name: string, more: Partial<Link> = {}): Link {
  return {
    key: `${HOST}/${name}`,
    url: `${HOST}/${name}`,
    host: HOST,
    kind: "page",
    depth: 0,
    priority: 0,
    ...more,
  };
}
const waiting = (limit = 100): readonly Visit[] => frontier.take(HOST, limit, new Set());
const names = (): string[] => waiting().map(({ key }) => key.slice(HOST.length + 1));
function visitOf(name: string): Visit {
  const found = waiting().find(({ key }) => key === `${HOST}/${name}`);
  if (found === undefined) throw new Error(`${name} does not wait`);
  return found;
}
const rowsOf = (id: number): { stream: string; rows: { id: number }[] }[] => [
  { stream: "a", rows: [{ id }] },
];

test("pages come by priority, then by depth, then as they were found", () => {
  frontier.add([link("a", { depth: 1 }), link("b"), link("c"), link("d", { depth: 2, priority: 1 })]);
  expect(names()).toEqual(["d", "b", "c", "a"]);
  expect(frontier.take(HOST, 2, new Set([visitOf("d").id])).map(({ url }) => url)).toEqual([
    `${HOST}/b`,
    `${HOST}/c`,
  ]);
});

test("a page that is known waits once, also when it is met again after it was done", () => {
  expect(frontier.add([link("a"), link("a"), link("b")])).toBe(2);
  frontier.record({ visit: visitOf("a"), state: "done", links: [link("a"), link("b"), link("c")] });
  expect(names()).toEqual(["b", "c"]);
  expect(frontier.waitingHosts(10, new Set())).toEqual([HOST]);
  expect(frontier.waitingHosts(10, new Set([HOST]))).toEqual([]);
});

test("what was recorded is there after the file is opened again, and what was under way waits", () => {
  frontier.add([
    link("a"),
    link("b", { carried: { price: "5" }, request: { method: "POST", form: { page: 2 } } }),
  ]);
  frontier.record({ visit: visitOf("a"), state: "done", rows: rowsOf(1), links: [link("c")] });
  const { crawl } = frontier;
  frontier.close();
  frontier = open();
  expect(frontier.crawl).toBe(crawl);
  expect(names()).toEqual(["b", "c"]);
  expect(visitOf("b")).toMatchObject({
    carried: { price: "5" },
    request: { method: "POST", form: { page: 2 } },
  });
  expect(frontier.outbox(0, 10)).toEqual([{ position: 1, url: `${HOST}/a`, rows: rowsOf(1) }]);
});

test("values of rows come out of the outbox as they went in", () => {
  frontier.add([link("a")]);
  const row = {
    at: new Date(5),
    big: 2n ** 70n,
    bytes: new Uint8Array([1, 2]),
    none: null,
    list: [{ x: "é" }],
  };
  frontier.record({ visit: visitOf("a"), state: "done", rows: [{ stream: "s", rows: [row] }] });
  expect(frontier.outbox(0, 10)[0]?.rows[0]?.rows).toEqual([row]);
});

test("the outbox lets go of what has landed, and counts on behind it", () => {
  frontier.add([link("a"), link("b"), link("c")]);
  frontier.record({ visit: visitOf("a"), state: "done", rows: rowsOf(1) });
  frontier.record({ visit: visitOf("b"), state: "done", rows: rowsOf(2) });
  frontier.trim(2);
  frontier.close();
  frontier = open();
  expect([frontier.trimmed, frontier.position]).toEqual([2, 2]);
  frontier.record({ visit: visitOf("c"), state: "done", rows: rowsOf(3) });
  expect(frontier.outbox(0, 10).map(({ position }) => position)).toEqual([3]);
});

test("a page that redirects to one that is done gives nothing a second time", () => {
  frontier.add([link("old"), link("new")]);
  const old = visitOf("old");
  expect(frontier.record({ visit: visitOf("new"), state: "done", rows: rowsOf(1) })).toBe(true);
  expect(frontier.record({ visit: old, state: "done", alias: link("new"), rows: rowsOf(1) })).toBe(false);
  expect(frontier.outbox(0, 10)).toHaveLength(1);
  expect(frontier.counts()).toMatchObject({ done: 1, aside: 1, waiting: 0 });
});

test("a page that something redirected to is not visited by itself, and not twice where it was under way", () => {
  frontier.add([link("old"), link("new")]);
  const underWay = visitOf("new");
  expect(frontier.record({ visit: visitOf("old"), state: "done", alias: link("new"), rows: rowsOf(1) })).toBe(
    true,
  );
  expect(names()).toEqual([]);
  expect(frontier.record({ visit: underWay, state: "done", rows: rowsOf(1) })).toBe(false);
  expect(frontier.waitingHosts(10, new Set())).toEqual([]);
});

test("a page that is to be tried again waits with one attempt more", () => {
  frontier.add([link("a")]);
  frontier.record({ visit: visitOf("a"), state: "waiting", status: 503 });
  expect(visitOf("a")).toMatchObject({ attempts: 1 });
});

test("in the next crawl the pages of the last one are known, and wait only when they are met", () => {
  frontier.add([link("a"), link("b")]);
  frontier.record({ visit: visitOf("a"), state: "done" });
  frontier.record({ visit: visitOf("b"), state: "failed", taint: "pages could not be read" });
  expect(frontier.taints).toEqual([{ reason: "pages could not be read", pages: 1, example: `${HOST}/b` }]);
  frontier.begin(1);
  expect(names()).toEqual([]);
  expect(frontier.taints).toEqual([]);
  frontier.add([link("a"), link("b")]);
  expect([visitOf("a").known, visitOf("b").known]).toEqual([true, false]);
});

test("a second process is told that the crawl is under way", () => {
  expect(() => new Frontier(path.join(folder, "crawls", "a.sqlite"))).toThrow(/is in use by another crawl/);
}, 20_000);
