import { afterEach, beforeEach, expect, test } from "vitest";
import { Frontier } from "../frontier/frontier.ts";
import type { Link } from "../frontier/visit.ts";
import { Lanes, type Next } from "./lanes.ts";

let frontier: Frontier;
let lanes: Lanes;
beforeEach(() => {
  frontier = new Frontier(":memory:");
  frontier.begin(0);
  lanes = new Lanes(frontier, { maxConcurrency: 2, delayMs: 0 });
});
afterEach(() => frontier.close());

function link(host: number, page: number): Link {
  const origin = `https://h${host}.example`;
  return {
    key: `${origin}/${page}`,
    url: `${origin}/${page}`,
    host: origin,
    kind: "page",
    depth: 0,
    priority: 0,
  };
}
function visit(next: Next): Extract<Next, { kind: "visit" }> {
  if (next.kind !== "visit") throw new Error(`nothing to visit: ${next.kind}`);
  return next;
}
function done({ lane, visit: page }: Extract<Next, { kind: "visit" }>): void {
  lane.throttle.answered(10);
  frontier.record({ visit: page, state: "done" });
  lane.over(page);
}

test("hosts take turns, and one that is throttled does not hold up the others", () => {
  frontier.add([1, 2, 3].flatMap((page) => [link(1, page), link(2, page)]));
  const first = visit(lanes.next(0));
  first.lane.throttle.refused(0, 60_000);
  frontier.record({ visit: first.visit, state: "waiting" });
  first.lane.again(first.visit, 60_000);
  for (let page = 0; page < 3; page++) {
    const next = visit(lanes.next(0));
    expect(next.visit.host).toBe("https://h2.example");
    done(next);
  }
  expect(lanes.next(0)).toEqual({ kind: "wait", until: 60_000 });
  expect(visit(lanes.next(60_000)).visit).toMatchObject({ host: "https://h1.example", attempts: 1 });
});

test("many more hosts than are crawled at a time all get their turn, also beside a slow one", () => {
  frontier.add(Array.from({ length: 600 }, (_, host) => link(host, 1)));
  const slow = visit(lanes.next(0));
  const seen = new Set([slow.visit.host]);
  for (;;) {
    const next = lanes.next(0);
    if (next.kind !== "visit") break;
    seen.add(next.visit.host);
    done(next);
  }
  expect(seen.size).toBe(600);
  done(slow);
  expect(lanes.next(0)).toEqual({ kind: "done" });
});

test("pages that are found while a host is crawled are visited", () => {
  frontier.add([link(1, 1)]);
  const first = visit(lanes.next(0));
  expect(lanes.next(0)).toMatchObject({ kind: "wait" });
  frontier.add([link(1, 2), link(2, 1)]);
  lanes.added(new Set(["https://h1.example", "https://h2.example"]));
  done(first);
  const hosts = [visit(lanes.next(0)), visit(lanes.next(0))].map((next) => next.visit.url);
  expect(hosts.toSorted()).toEqual(["https://h1.example/2", "https://h2.example/1"]);
});
