import { describe, expect, it } from "vitest";
import { rowChanges, type Version } from "./row-changes.ts";

const version = (part: Partial<Version>): Version => ({
  operation: "current",
  changed: [],
  run: null,
  from: null,
  to: null,
  values: {},
  ...part,
});

describe("what happened to a row", () => {
  it("is told from the newest change to the insertion, field by field", () => {
    const changes = rowChanges([
      version({ from: "t2", values: { id: 1, price: 12 }, run: "r2" }),
      version({
        operation: "update",
        from: "t1",
        to: "t2",
        changed: ["price"],
        values: { id: 1, price: 10 },
        run: "r1",
      }),
    ]);
    expect(changes).toEqual([
      { kind: "updated", at: "t2", run: "r2", fields: [{ name: "price", before: 10, after: 12 }] },
      { kind: "inserted", at: "t1", run: "r1", fields: [] },
    ]);
  });

  it("names a removal, and a return with what was another then", () => {
    const changes = rowChanges([
      version({ from: "t3", values: { id: 1, price: 9, _loaded_at: "x" } }),
      version({
        operation: "remove",
        from: "t1",
        to: "t2",
        run: "r2",
        values: { id: 1, price: 8, _loaded_at: "y" },
      }),
    ]);
    expect(changes.map((change) => [change.kind, change.at])).toEqual([
      ["restored", "t3"],
      ["removed", "t2"],
      ["inserted", "t1"],
    ]);
    expect(changes[0]?.fields).toEqual([{ name: "price", before: 8, after: 9 }]);
  });

  it("is the insertion alone where nothing happened since, and nothing without versions", () => {
    expect(rowChanges([version({ from: "t1", run: "r1" })])).toEqual([
      { kind: "inserted", at: "t1", run: "r1", fields: [] },
    ]);
    expect(rowChanges([])).toEqual([]);
    expect(rowChanges([version({ values: { id: 1 } })])).toEqual([]);
  });
});
