import type { Row } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { lookup } from "./lookup.ts";
import { apply, rowsOf } from "./test/apply.ts";

const countries: Row[] = [
  { code: "NP", name: "Nepal", size: 147 },
  { code: "IS", name: "Iceland", size: 103 },
];
const rows: Row[] = [{ id: 1, code: "IS" }, { id: 2, code: "XX" }, { id: 3 }];

describe("lookup", () => {
  it("adds all columns but the key from rows", async () => {
    expect(await rowsOf(lookup({ from: countries, on: "code" }), [rows[0] as Row])).toEqual([
      { id: 1, code: "IS", name: "Iceland", size: 103 },
    ]);
  });

  it("adds the chosen columns, null where nothing is found", async () => {
    expect(await rowsOf(lookup({ from: countries, on: "code", select: { country: "name" } }), rows)).toEqual([
      { id: 1, code: "IS", country: "Iceland" },
      { id: 2, code: "XX", country: null },
      { id: 3, country: null },
    ]);
  });

  it("looks in a map, and takes numbers and bigints for the same key", async () => {
    const from = new Map<unknown, Row>([[5, { name: "five" }]]);
    expect(await rowsOf(lookup({ from, on: "k", select: ["name"] }), [{ k: 5n }, { k: "5" }])).toEqual([
      { k: 5n, name: "five" },
      { k: "5", name: null },
    ]);
  });

  it("takes the key from another column of the rows it looks in", async () => {
    const from = [{ iso: "IS", name: "Iceland" }];
    expect(await rowsOf(lookup({ from, on: "code", key: "iso" }), [{ code: "IS" }])).toEqual([
      { code: "IS", name: "Iceland" },
    ]);
  });

  it("asks an async function once per key, also for rows that come while it is being asked", async () => {
    const asked: unknown[] = [];
    const from = async (key: unknown): Promise<Row | undefined> => {
      asked.push(key);
      await Promise.resolve();
      return key === "IS" ? { name: "Iceland" } : undefined;
    };
    const transform = lookup({ from, on: "code", select: ["name"] });
    const twice = [...rows, ...rows];
    expect((await rowsOf(transform, twice)).map((row) => row["name"])).toEqual([
      "Iceland",
      null,
      null,
      "Iceland",
      null,
      null,
    ]);
    expect(asked).toEqual(["IS", "XX"]);
  });

  it("asks again after a failure", async () => {
    let calls = 0;
    const from = async (): Promise<Row> => {
      if (++calls === 1) throw new Error("down");
      return { name: "x" };
    };
    const transform = lookup({ from, on: "code" });
    await expect(apply(transform, [{ code: 1 }])).rejects.toThrow(/down/);
    expect(await rowsOf(transform, [{ code: 1 }])).toEqual([{ code: 1, name: "x" }]);
  });

  it("forgets the oldest answers beyond its cache", async () => {
    const asked: unknown[] = [];
    const from = (key: unknown): Row => {
      asked.push(key);
      return {};
    };
    const transform = lookup({ from, on: "k", cache: 2 });
    await apply(transform, [{ k: 1 }, { k: 2 }, { k: 3 }, { k: 3 }, { k: 1 }]);
    expect(asked).toEqual([1, 2, 3, 1]);
  });

  it("leaves rows without a match out, or sends them to the quarantine, where it is told to", async () => {
    expect(await rowsOf(lookup({ from: countries, on: "code", missing: "drop" }), rows)).toHaveLength(1);
    const { batches, rejected } = await apply(
      lookup({ from: countries, on: "code", missing: "reject" }),
      rows,
    );
    expect(batches[0]).toMatchObject({ rows: [{ id: 1 }], at: [0] });
    expect(rejected.map(({ row, reason }) => [row["id"], reason.code])).toEqual([
      [2, "MLR_ROW_INVALID"],
      [3, "MLR_ROW_INVALID"],
    ]);
  });

  it("refuses rows whose key is not unique", () => {
    expect(() => lookup({ from: [{ a: 1 }, { a: 1 }], on: "a" })).toThrow(/two rows of "from"/);
  });
});
