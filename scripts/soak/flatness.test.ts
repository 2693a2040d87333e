import { expect, test } from "vitest";
import { flatness } from "./flatness.ts";
import { lineChart } from "./line-chart.ts";

test("what goes on rising is told from what only rose at first", () => {
  const rises = Array.from({ length: 90 }, (_, i) => 100 + i * 5);
  const settles = Array.from({ length: 90 }, (_, i) => (i < 20 ? 100 + i * 5 : 200 + (i % 7)));
  expect(flatness("memory", rises)).toMatchObject({ good: false, says: "325, then 475" });
  expect(flatness("memory", settles)).toMatchObject({ good: true });
  expect(flatness("memory", [1, 100])).toMatchObject({ good: true, says: "2 samples are too few to judge" });
});

test("a plot has its line and a mark for each fault", () => {
  const svg = lineChart(
    "memory",
    [
      [0, 1],
      [10, 2],
    ],
    [5],
  );
  expect(svg).toMatch(/<polyline [^>]*points="70\.0,[\d.]+ 710\.0,[\d.]+"/);
  expect(svg.match(/stroke="#d33"/g)).toHaveLength(1);
});
