import { transformContext } from "@millrace/core/testing";
import type { Batch, Row, Transform } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { dedupe } from "./dedupe.ts";
import { apply, rowsOf } from "./test/apply.ts";

const flush = async (transform: Transform): Promise<readonly Batch[]> =>
  (await transform.flush?.(transformContext())) ?? [];

describe("dedupe", () => {
  it("leaves out later rows of a key, over all batches until the commit", async () => {
    const transform = dedupe({ key: "id" });
    expect(
      await rowsOf(transform, [
        { id: 1, v: "a" },
        { id: 1, v: "b" },
      ]),
    ).toEqual([{ id: 1, v: "a" }]);
    const { batches } = await apply(transform, [{ id: 1 }, { id: 2 }], { at: [8, 9] });
    expect(batches).toEqual([{ stream: "t", rows: [{ id: 2 }], at: [9] }]);
    expect(await flush(transform)).toEqual([]);
    expect(await rowsOf(transform, [{ id: 1 }])).toEqual([{ id: 1 }]);
  });

  it("keeps the streams apart", async () => {
    const transform = dedupe({ key: ["id"] });
    await apply(transform, [{ id: 1 }]);
    expect((await apply(transform, [{ id: 1 }], { stream: "other" })).batches[0]?.rows).toEqual([{ id: 1 }]);
  });

  it("tells values of different types apart and the same instants and numbers together", async () => {
    const rows: Row[] = [
      { k: 1 },
      { k: "1" },
      { k: 1n },
      { k: new Date(5) },
      { k: new Date(5) },
      { k: null },
      {},
    ];
    expect(await rowsOf(dedupe({ key: "k" }), rows)).toEqual([
      { k: 1 },
      { k: "1" },
      { k: new Date(5) },
      { k: null },
    ]);
    expect(await rowsOf(dedupe({ key: ["k", "k"] }), rows)).toHaveLength(4);
  });

  it("takes a function as the key", async () => {
    const key = (row: Row): unknown => String(row["name"]).toLowerCase();
    expect(await rowsOf(dedupe({ key }), [{ name: "A" }, { name: "a" }])).toEqual([{ name: "A" }]);
  });

  it("holds everything until the commit to keep the last, in the order of the last appearances", async () => {
    const transform = dedupe({ key: "id", keep: "last" });
    expect(transform.holds).toBe("commit");
    expect(
      await rowsOf(transform, [
        { id: 1, v: "a" },
        { id: 2, v: "b" },
      ]),
    ).toEqual([]);
    expect(await rowsOf(transform, [{ id: 1, v: "c" }])).toEqual([]);
    expect(await flush(transform)).toEqual([
      {
        stream: "t",
        rows: [
          { id: 2, v: "b" },
          { id: 1, v: "c" },
        ],
      },
    ]);
    expect(await flush(transform)).toEqual([]);
  });

  it.each(["first", "last"] as const)("forgets what it knew when a run is over (keep %s)", async (keep) => {
    const transform = dedupe({ key: "id", keep });
    await apply(transform, [{ id: 1 }]);
    await transform.close?.();
    const out = await rowsOf(transform, [{ id: 1, again: true }]);
    const held = (await flush(transform)).flatMap(({ rows }) => rows);
    expect([...out, ...held]).toEqual([{ id: 1, again: true }]);
  });

  it("refuses a key without columns", () => {
    expect(() => dedupe({ key: [] })).toThrow(/no columns/);
  });
});
