import type { Row } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { apply } from "./test/apply.ts";
import { unnest } from "./unnest.ts";

const lines = unnest("lines", { as: "lines" });

describe("unnest", () => {
  it("makes a child row of each element, with the parent's key and a position", async () => {
    const rows: Row[] = [
      { id: 1, who: "a", lines: [{ sku: "x" }, { sku: "y" }] },
      { id: 2, who: "b", lines: [] },
      { id: 3, who: "c" },
    ];
    rows.forEach((row) => Object.freeze(row));
    const { batches } = await apply(lines, rows, { at: [10, 20, 30] });
    expect(batches).toEqual(
      [
        {
          stream: "t",
          rows: [
            { id: 1, who: "a" },
            { id: 2, who: "b" },
            { id: 3, who: "c" },
          ],
          at: undefined,
        },
        {
          stream: "lines",
          rows: [
            { t_id: 1, position: 1, sku: "x" },
            { t_id: 1, position: 2, sku: "y" },
          ],
          at: [10, 10],
          key: ["t_id", "position"],
          parents: { stream: "t", columns: ["t_id"], keys: [{ t_id: 1 }, { t_id: 2 }, { t_id: 3 }] },
        },
      ].map((batch) => (batch.at === undefined ? { ...batch, at: [10, 20, 30] } : batch)),
    );
  });

  it("wraps elements that are no objects", async () => {
    const { batches } = await apply(unnest("tags", { as: "tags", position: "n", value: "tag" }), [
      { id: 1, tags: ["a", null] },
    ]);
    expect(batches[1]?.rows).toEqual([
      { t_id: 1, n: 1, tag: "a" },
      { t_id: 1, n: 2, tag: null },
    ]);
  });

  it("takes a key of several columns under the names it is given", async () => {
    const transform = unnest("x", { as: "xs", key: { shop: "shop", number: "order" } });
    const { batches } = await apply(transform, [{ shop: "s", number: 7, x: [{}] }]);
    expect(batches[1]?.rows).toEqual([{ shop: "s", order: 7, position: 1 }]);
  });

  it("starts another child batch when a parent comes again, since a batch holds all children of its parents", async () => {
    const rows = [
      { id: 1, lines: [{ v: 1 }, { v: 2 }] },
      { id: 2, lines: [{ v: 3 }] },
      { id: 1, lines: [{ v: 4 }] },
    ];
    const [parents, ...children] = (await apply(lines, rows)).batches;
    expect(parents?.rows).toHaveLength(3);
    expect(children.map((batch) => batch.parents?.keys)).toEqual([[{ t_id: 1 }, { t_id: 2 }], [{ t_id: 1 }]]);
    expect(children[1]?.rows).toEqual([{ t_id: 1, position: 1, v: 4 }]);
    expect(children[1]?.at).toEqual([2]);
  });

  it("rejects a row as a whole where the key is missing, the column is no array, or an element has a column it fills", async () => {
    const rows = [
      { lines: [] },
      { id: 2, lines: "x" },
      { id: 3, lines: [{ position: 9 }] },
      { id: 4, lines: [{ a: 1 }] },
    ];
    const { batches, rejected } = await apply(lines, rows);
    expect(rejected.map(({ row, reason }) => [row, reason.code])).toEqual([
      [rows[0], "MLR_ROW_KEY_MISSING"],
      [rows[1], "MLR_ROW_INVALID"],
      [rows[2], "MLR_TRANSFORM_FAILED"],
    ]);
    expect(batches[0]).toMatchObject({ rows: [{ id: 4 }], at: [3] });
    expect(batches[1]?.parents?.keys).toEqual([{ t_id: 4 }]);
  });

  it("passes batches of child streams, unless told to take them apart", async () => {
    const child = { stream: "lines", parents: { stream: "t", columns: ["t_id"], keys: [] } };
    expect((await apply(lines, [{ lines: [1] }], child)).batches).toEqual([
      { ...child, rows: [{ lines: [1] }] },
    ]);
    const nested = unnest("taxes", { as: "taxes", from: "lines", key: ["t_id", "position"] });
    const { batches } = await apply(nested, [{ t_id: 1, position: 2, taxes: [{ rate: 5 }] }], child);
    expect(batches[1]).toMatchObject({
      stream: "taxes",
      rows: [{ lines_t_id: 1, lines_position: 2, position: 1, rate: 5 }],
      parents: { stream: "lines", keys: [{ lines_t_id: 1, lines_position: 2 }] },
    });
  });
});
