import { JsonNumber } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { cast } from "./cast.ts";
import { apply, rowsOf } from "./test/apply.ts";

describe("cast", () => {
  it("converts texts to values as people write them", async () => {
    const transform = cast({
      i: "integer",
      big: "bigint",
      n: "numeric(6,2)",
      b: "boolean",
      d: "date",
      t: "time",
      ts: "timestamp",
      tz: "timestamptz",
      j: "json",
      list: "integer[]",
      u: "uuid",
      s: "text",
    });
    const row = Object.freeze({
      i: "5",
      big: "9007199254740993",
      n: "1.50",
      b: "yes",
      d: "2026-11-22",
      t: "10:20:30.5",
      ts: "2026-11-22 10:20:30",
      tz: "2026-11-22T12:20:30+02:00",
      j: '{"b": [1, 2]}',
      list: [1, "2", null],
      u: "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
      s: 12,
      other: "stays",
    });
    expect(await rowsOf(transform, [row])).toEqual([
      {
        i: 5,
        big: 9007199254740993n,
        n: "1.5",
        b: true,
        d: "2026-11-22",
        t: "10:20:30.5",
        ts: "2026-11-22T10:20:30",
        tz: "2026-11-22T10:20:30Z",
        j: { b: [1, 2] },
        list: [1, 2, null],
        u: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        s: "12",
        other: "stays",
      },
    ]);
  });

  it("keeps every digit of a number inside json", async () => {
    const [row] = await rowsOf(cast({ j: "json" }), [{ j: "[0.1000000000000000055511151231257827]" }]);
    expect(row?.["j"]).toEqual([new JsonNumber("0.1000000000000000055511151231257827")]);
  });

  it("tells the engine the types, the same object for every batch", async () => {
    const transform = cast({ a: "numeric(4,1)" });
    const first = await apply(transform, [{ a: "1" }]);
    const second = await apply(transform, [{ a: "2" }]);
    expect(first.batches[0]?.columns).toEqual([
      { name: "a", type: { kind: "numeric", precision: 4, scale: 1 } },
    ]);
    expect(second.batches[0]?.columns).toBe(first.batches[0]?.columns);
  });

  it("keeps what an earlier cast settled of other columns", async () => {
    const columns = [
      { name: "a", type: { kind: "text" } as const },
      { name: "b", type: { kind: "date" } as const },
    ];
    const { batches } = await apply(cast({ a: "integer" }), [{ a: "1" }], { columns });
    expect(batches[0]?.columns).toEqual([
      { name: "b", type: { kind: "date" } },
      { name: "a", type: { kind: "integer" } },
    ]);
  });

  it("rejects a row with a value that does not fit, saying which and why, and keeps places in step", async () => {
    const rows = [{ d: "2026-02-30" }, { d: "2026-02-28" }, { d: null }, {}];
    const { batches, rejected } = await apply(cast({ d: "date" }), rows);
    expect(rejected).toEqual([
      {
        row: rows[0],
        reason: {
          code: "MLR_ROW_INVALID",
          message: expect.stringMatching(/column "d": "2026-02-30" is no date/),
        },
      },
    ]);
    expect(batches[0]).toMatchObject({ rows: [{ d: "2026-02-28" }, { d: null }, {}], at: [1, 2, 3] });
  });

  it("sets such a value to null, or fails, where it is told to", async () => {
    expect(await rowsOf(cast({ i: "integer" }, { onError: "null" }), [{ i: "x" }])).toEqual([{ i: null }]);
    await expect(apply(cast({ i: "integer" }, { onError: "fail" }), [{ i: "x" }])).rejects.toThrow(
      expect.objectContaining({ code: "MLR_TRANSFORM_FAILED" }),
    );
  });

  it("refuses a type that does not exist, naming the nearest", () => {
    expect(() => cast({ a: "interger" })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('"integer"') }),
    );
  });
});
