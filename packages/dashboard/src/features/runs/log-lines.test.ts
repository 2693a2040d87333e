import { describe, expect, it } from "vitest";
import { joinLines, matchesFilter, type Line } from "./log-lines.ts";

const line = (position: number, part: Partial<Line> = {}): Line => ({
  id: `id-${String(position)}`,
  position,
  level: "info",
  message: `line ${String(position)}`,
  fields: null,
  ...part,
});
const positions = (lines: readonly Line[]) => lines.map((one) => one.position);

describe("lines of a log", () => {
  it("are joined in their order, each once, whichever way they came", () => {
    const first = joinLines([], [line(5), line(6)]);
    const earlier = joinLines(first, [line(3), line(4), line(5)]);
    expect(positions(joinLines(earlier, [line(8), line(7), line(6)]))).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it("stay the same where nothing is new, so that nothing is drawn again", () => {
    const lines = joinLines([], [line(1)]);
    expect(joinLines(lines, [line(1)])).toBe(lines);
  });
});

describe("the filter of live lines", () => {
  it("takes the level and what is above it", () => {
    expect(matchesFilter(line(1, { level: "error" }), { level: "warn" })).toBe(true);
    expect(matchesFilter(line(1, { level: "info" }), { level: "warn" })).toBe(false);
  });

  it("looks for text in the message and in the fields, whatever the case", () => {
    expect(matchesFilter(line(1, { message: "Read 12 rows" }), { search: "READ" })).toBe(true);
    expect(matchesFilter(line(1, { fields: { file: "a.CSV" } }), { search: "a.csv" })).toBe(true);
    expect(matchesFilter(line(1), { search: "nowhere" })).toBe(false);
  });
});
