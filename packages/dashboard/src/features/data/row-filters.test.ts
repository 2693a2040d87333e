import { describe, expect, it } from "vitest";
import { filterWords, formatFilters, nextSort, parseFilters, parseSort } from "./row-filters.ts";

describe("conditions in an address", () => {
  it("come back as they went in", () => {
    const filters = [
      { column: "price", operator: ">=", value: "10" },
      { column: "name", operator: "null" },
    ] as const;
    expect(parseFilters(formatFilters(filters))).toEqual(filters);
    expect(formatFilters([])).toBeUndefined();
  });

  it("are left out where somebody broke them", () => {
    expect(parseFilters("[{")).toEqual([]);
    expect(parseFilters('{"column":"a"}')).toEqual([]);
    expect(
      parseFilters('[{"column":"a","operator":"drop"},{"column":"a","operator":"=","value":"1"}]'),
    ).toEqual([{ column: "a", operator: "=", value: "1" }]);
  });

  it("read as a sentence", () => {
    expect(filterWords({ column: "price", operator: ">=", value: "10" })).toBe("price is at least 10");
    expect(filterWords({ column: "name", operator: "null" })).toBe("name is empty");
  });
});

describe("the order of rows", () => {
  it("goes from ascending to descending to none", () => {
    const first = nextSort(undefined, "a");
    const second = nextSort(parseSort(first), "a");
    expect([first, second, nextSort(parseSort(second), "a")]).toEqual(["a", "-a", undefined]);
  });

  it("begins anew with another column", () => {
    expect(nextSort({ column: "a", descending: true }, "b")).toBe("b");
    expect(parseSort("-a")).toEqual({ column: "a", descending: true });
    expect(parseSort("-")).toBeUndefined();
  });
});
