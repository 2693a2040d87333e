import { describe, expect, it } from "vitest";
import { derive } from "./derive.ts";
import { filter } from "./filter.ts";
import { flatten } from "./flatten.ts";
import { apply, rowsOf } from "./test/apply.ts";

describe("derive", () => {
  it("adds columns, the later ones seeing the earlier ones, and does not touch the row", async () => {
    const row = Object.freeze({ a: 2 });
    const transform = derive({
      b: (r: { a: number }) => r.a * 2,
      c: (r: { b: number }) => r.b + 1,
      a: () => 9,
    });
    expect(await rowsOf(transform, [row])).toEqual([{ a: 9, b: 4, c: 5 }]);
  });

  it("names the transform, the stream and the row when a function throws", async () => {
    const transform = derive({ b: () => JSON.parse("{") as unknown });
    await expect(apply(transform, [{ a: "x".repeat(500), n: 10n }])).rejects.toThrow(
      expect.objectContaining({
        code: "MLR_TRANSFORM_FAILED",
        message: expect.stringMatching(/derive.*stream "t".*SyntaxError.*x{30,}….*n: 10n/s),
      }),
    );
  });

  it("sends the row to the quarantine instead where it is told to", async () => {
    const transform = derive({ b: (row: { a: string }) => row.a.trim() }, { onError: "reject" });
    const { batches, rejected } = await apply(transform, [{ a: 1 }, { a: " x " }], { at: [4, 5] });
    expect(batches).toEqual([{ stream: "t", rows: [{ a: " x ", b: "x" }], at: [5] }]);
    expect(rejected).toEqual([
      { row: { a: 1 }, reason: { code: "MLR_TRANSFORM_FAILED", message: expect.stringContaining("trim") } },
    ]);
  });

  it("refuses async functions", async () => {
    await expect(apply(derive({ b: async () => 1 }), [{ a: 1 }])).rejects.toThrow(/use map/);
  });
});

describe("filter", () => {
  it("keeps rows and their places in the source's message", async () => {
    const { batches } = await apply(
      filter((row: { a: number }) => row.a % 2),
      [{ a: 1 }, { a: 2 }, { a: 3 }],
    );
    expect(batches).toEqual([{ stream: "t", rows: [{ a: 1 }, { a: 3 }], at: [0, 2] }]);
  });

  it("counts from the places that an earlier transform left", async () => {
    const { batches } = await apply(
      filter((row: { a: number }) => row.a > 1),
      [{ a: 1 }, { a: 2 }],
      { at: [10, 20] },
    );
    expect(batches).toEqual([{ stream: "t", rows: [{ a: 2 }], at: [20] }]);
  });

  it("says so when only the last rows were left out", async () => {
    const { batches } = await apply(
      filter((row: { a: number }) => row.a < 2),
      [{ a: 1 }, { a: 2 }],
    );
    expect(batches).toEqual([{ stream: "t", rows: [{ a: 1 }], at: [0] }]);
  });

  it("adds no places where every row stays", async () => {
    const rows = [{ a: 1 }, { a: 2 }];
    expect(
      (
        await apply(
          filter(() => true),
          rows,
        )
      ).batches,
    ).toEqual([{ stream: "t", rows }]);
  });

  it("refuses async functions, which would keep everything", async () => {
    await expect(
      apply(
        filter(async () => false),
        [{ a: 1 }],
      ),
    ).rejects.toThrow(/async/);
  });
});

describe("flatten", () => {
  it("turns nested objects into columns and leaves arrays, dates and bytes", async () => {
    const when = new Date(0);
    const bytes = new Uint8Array([1]);
    const row = Object.freeze({ a: { b: { c: 1 }, list: [{ d: 2 }] }, when, bytes, n: null });
    expect(await rowsOf(flatten(), [row])).toEqual([{ a_b_c: 1, a_list: [{ d: 2 }], when, bytes, n: null }]);
  });

  it("takes as many levels apart as it is told", async () => {
    expect(await rowsOf(flatten({ separator: ".", depth: 1 }), [{ a: { b: { c: 1 } } }])).toEqual([
      { "a.b": { c: 1 } },
    ]);
  });

  it("fails where two values would get the same name", async () => {
    await expect(apply(flatten(), [{ a: { b: 1 }, a_b: 2 }])).rejects.toThrow(
      /two values would be named "a_b"/,
    );
    const { rejected } = await apply(flatten({ onError: "reject" }), [{ a_b: 2, a: { b: 1 } }]);
    expect(rejected).toHaveLength(1);
  });

  it("does not set the prototype of a row", async () => {
    const [row] = await rowsOf(flatten(), [
      JSON.parse('{"__proto__": {"x": 1}, "a": 1}') as Record<string, unknown>,
    ]);
    expect(row).toEqual({ ["__proto___x"]: 1, a: 1 });
  });
});
