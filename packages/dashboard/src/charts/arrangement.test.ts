import { describe, expect, it } from "vitest";
import { assignLanes } from "./assign-lanes.ts";
import { calendarWeeks } from "./calendar-weeks.ts";
import { layeredLayout } from "./layered-layout.ts";

const SIZE = { nodeWidth: 100, nodeHeight: 40, columnGap: 50, rowGap: 10 };
const nodes = (...ids: string[]) => ids.map((id) => ({ id }));
const edges = (...pairs: string[]) => pairs.map((pair) => ({ from: pair.slice(0, 1), to: pair.slice(1) }));

describe("lanes", () => {
  it("keep spans that overlap apart, and use a lane again once it is free", () => {
    const spans = [
      { start: 0, end: 10 },
      { start: 5, end: 15 },
      { start: 10, end: 20 },
    ];
    expect(assignLanes(spans)).toEqual({ lanes: [0, 1, 0], count: 2 });
  });

  it("are given in the order of the spans, not of their starts", () => {
    const spans = [
      { start: 5, end: 9 },
      { start: 0, end: 6 },
    ];
    expect(assignLanes(spans).lanes).toEqual([1, 0]);
  });

  it("are none for nothing", () => {
    expect(assignLanes([])).toEqual({ lanes: [], count: 0 });
  });
});

describe("weeks of a calendar", () => {
  it("begin on Monday", () => {
    const days = calendarWeeks("2026-11-21", "2026-11-24");
    expect(days.map((day) => [day.date, day.week, day.weekday])).toEqual([
      ["2026-11-21", 0, 5],
      ["2026-11-22", 0, 6],
      ["2026-11-23", 1, 0],
      ["2026-11-24", 1, 1],
    ]);
  });

  it("hold a leap day, and nothing where the end is before the beginning", () => {
    expect(calendarWeeks("2028-02-28", "2028-03-01").map((day) => day.date)).toContain("2028-02-29");
    expect(calendarWeeks("2026-02-02", "2026-02-01")).toEqual([]);
  });
});

describe("a layered layout", () => {
  it("places every node right of all that lead to it", () => {
    const layout = layeredLayout(nodes("a", "b", "c", "d"), edges("ab", "bc", "ac", "cd"), SIZE);
    expect(["a", "b", "c", "d"].map((id) => layout.nodes.get(id)?.column)).toEqual([0, 1, 2, 3]);
    expect(layout.width).toBe(4 * 100 + 3 * 50);
  });

  it("unties crossings", () => {
    const layout = layeredLayout(nodes("a", "b", "c", "d"), edges("ad", "bc"), SIZE);
    const row = (id: string) => layout.nodes.get(id)?.row;
    expect(row("a")).toBe(row("d"));
    expect(row("b")).toBe(row("c"));
  });

  it("ends where nodes lead to each other, to themselves or nowhere, and where one is named twice", () => {
    const layout = layeredLayout(nodes("a", "b", "a"), edges("ab", "ba", "aa", "ax"), SIZE);
    expect([...layout.nodes.keys()].sort()).toEqual(["a", "b"]);
  });

  it("never lets two nodes overlap", () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ id: String(index) }));
    const links = many.slice(1).map((node, index) => ({ from: String(Math.floor(index / 3)), to: node.id }));
    const placed = [...layeredLayout(many, links, SIZE).nodes.values()];
    expect(new Set(placed.map((node) => `${String(node.x)}/${String(node.y)}`)).size).toBe(60);
  });

  it("has no extent without nodes", () => {
    expect(layeredLayout([], [], SIZE)).toMatchObject({ width: 0, height: 0 });
  });
});
