import { describe, expect, it } from "vitest";
import { filterLineage, lineageEdges, lineageNodes } from "./lineage-nodes.ts";

const node = (id: string, name: string) =>
  ({
    id,
    name,
    kind: "table",
    detail: "in a schema",
    state: "late",
    lastAt: "2026-03-01T10:00:00Z",
  }) as const;

describe("lineage", () => {
  it("says how old the data are", () => {
    const [shown] = lineageNodes([node("t", "orders")], Date.parse("2026-03-01T12:00:00Z"));
    expect(shown).toMatchObject({
      title: "orders",
      detail: "2 h ago · in a schema",
      state: { look: "late", word: "late" },
    });
  });

  it("draws one line between two nodes, with dashes only where no data go along", () => {
    const edges = [
      { from: "a", to: "b", use: "after" },
      { from: "a", to: "b", use: "read" },
      { from: "b", to: "c", use: "after" },
    ];
    expect(lineageEdges(edges)).toEqual([
      { from: "a", to: "b" },
      { from: "b", to: "c", weak: true },
    ]);
  });

  it("finds nodes by name together with their neighbours", () => {
    const nodes = [node("a", "source"), node("b", "orders"), node("c", "other")];
    const edges = [{ from: "a", to: "b", use: "read" }];
    expect(filterLineage(nodes, edges, "ORD").map((one) => one.id)).toEqual(["a", "b"]);
    expect(filterLineage(nodes, edges, " ")).toHaveLength(3);
  });
});
