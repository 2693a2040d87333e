import { describe, expect, it } from "vitest";
import { pick } from "./pick.ts";
import { apply, rowsOf } from "./test/apply.ts";

const quake = {
  id: "a",
  properties: { mag: 4.2, "place name": "Here", codes: ["x", { y: 1 }] },
  extra: true,
};

describe("pick", () => {
  it("keeps the named columns and sets what a row does not have to undefined", async () => {
    expect(await rowsOf(pick(["id", "extra"]), [quake, { id: "b" }])).toEqual([
      { id: "a", extra: true },
      { id: "b", extra: undefined },
    ]);
  });

  it("reads nested values by path", async () => {
    const columns = {
      id: "$.id",
      mag: "$.properties.mag",
      place: '$.properties["place name"]',
      first: "$.properties.codes[0]",
      y: "$['properties'].codes[1].y",
      all: "$",
    };
    expect(await rowsOf(pick(columns), [quake])).toEqual([
      { id: "a", mag: 4.2, place: "Here", first: "x", y: 1, all: quake },
    ]);
  });

  it("takes a name without $ literally, dots included", async () => {
    expect(await rowsOf(pick({ a: "x.y" }), [{ "x.y": 1, x: { y: 2 } }])).toEqual([{ a: 1 }]);
  });

  it("gives nothing where the path leads through a text, an array's name or nothing at all", async () => {
    const columns = { a: "$.id.length", b: "$.properties.codes.length", c: "$.gone.deep.down", d: "$.id[0]" };
    const [row] = await rowsOf(pick(columns), [quake]);
    expect(row).toEqual({ a: undefined, b: undefined, c: undefined, d: undefined });
  });

  it("does not give what every object inherits", async () => {
    const [row] = await rowsOf(pick({ a: "$.constructor", b: "$.toString" }), [{ toString: "own" }]);
    expect(row).toEqual({ a: undefined, b: "own" });
  });

  it("leaves the batch's other fields and its rows alone", async () => {
    const rows = Object.freeze([Object.freeze({ ...quake })]);
    const { batches } = await apply(pick(["id"]), rows, { at: [7] });
    expect(batches).toEqual([{ stream: "t", rows: [{ id: "a" }], at: [7] }]);
  });

  it.each(["$..a", "$.a[*]", "$.", "$.a[-1]", "$a b", '$["open'])("refuses the path %s", (path) => {
    expect(() => pick({ a: path })).toThrow(expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }));
  });

  it("refuses to pick nothing", () => {
    expect(() => pick([])).toThrow(/no columns/);
  });
});
