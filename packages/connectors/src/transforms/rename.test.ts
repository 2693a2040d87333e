import { describe, expect, it } from "vitest";
import { rename } from "./rename.ts";
import { apply, rowsOf } from "./test/apply.ts";

describe("rename", () => {
  it("renames columns in their place and keeps the others", async () => {
    const [row] = await rowsOf(rename({ b: "B", gone: "x" }), [Object.freeze({ a: 1, b: 2, c: 3 })]);
    expect(row).toEqual({ a: 1, B: 2, c: 3 });
    expect(Object.keys(row ?? {})).toEqual(["a", "B", "c"]);
  });

  it("swaps two columns", async () => {
    expect(await rowsOf(rename({ a: "b", b: "a" }), [{ a: 1, b: 2 }])).toEqual([{ b: 1, a: 2 }]);
  });

  it("fails rather than overwrite a column that stays", async () => {
    await expect(apply(rename({ a: "b" }), [{ a: 1, b: 2 }])).rejects.toThrow(
      expect.objectContaining({
        code: "MLR_TRANSFORM_FAILED",
        message: expect.stringContaining('column "b" already'),
      }),
    );
    expect(await rowsOf(rename({ a: "b" }), [{ b: 2 }])).toEqual([{ b: 2 }]);
  });

  it("refuses two columns that would get one name", () => {
    expect(() => rename({ a: "x", b: "x" })).toThrow(/two columns would be named "x"/);
  });

  it("renames the parent's columns of a child stream with the rest", async () => {
    const parents = { stream: "p", columns: ["p_id"], keys: [{ p_id: 1 }] };
    const { batches } = await apply(rename({ p_id: "parent" }), [{ p_id: 1, n: 1 }], {
      parents,
      key: ["p_id", "n"],
    });
    expect(batches).toEqual([
      {
        stream: "t",
        rows: [{ parent: 1, n: 1 }],
        key: ["parent", "n"],
        parents: { stream: "p", columns: ["parent"], keys: [{ parent: 1 }] },
      },
    ]);
  });

  it("carries the types that a cast settled over to the new names", async () => {
    const columns = [{ name: "a", type: { kind: "date" } as const }];
    const { batches } = await apply(rename({ a: "day" }), [{ a: "2026-01-01" }], { columns });
    expect(batches[0]?.columns).toEqual([{ name: "day", type: { kind: "date" } }]);
  });
});
