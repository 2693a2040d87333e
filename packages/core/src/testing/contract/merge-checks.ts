import type { Inspector, RowVersion } from "../../destination.ts";
import type { Row } from "../../row.ts";
import type { TableOptions } from "../../table-options.ts";
import { expectCounts } from "./expect-counts.ts";
import type { ContractContext, World } from "./tools.ts";

const MERGE: TableOptions = { key: ["id"], mode: "merge" };

/** merge: counts, history, what is removed and restored. */
export function mergeChecks(context: ContractContext): void {
  const { check, expect } = context;

  check("merge tells inserted, updated and unchanged rows apart", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [
      { id: 1, v: "a" },
      { id: 2, v: "b" },
      { id: 3, v: "c" },
    ]);
    expectCounts(context, await pipeline.commit(), { inserted: 3 });
    await pipeline.write("t", [
      { id: 1, v: "a" },
      { id: 2, v: "B" },
      { id: 4, v: "d" },
    ]);
    expectCounts(context, await pipeline.commit(), { inserted: 1, updated: 1, unchanged: 1 });
    await expectRows([
      { id: 1, v: "a" },
      { id: 2, v: "B" },
      { id: 3, v: "c" },
      { id: 4, v: "d" },
    ]);
  });

  check("writes nothing when the same reading comes again", async (world) => {
    const first = await world.open();
    await first.table("t", MERGE);
    await first.read("t", [
      { id: 1, v: "a" },
      { id: 2, v: null },
    ]);
    await first.commit({ final: true });
    await first.close();
    const before = await historyOf(world, { id: "1" });
    const second = await world.open();
    expect(await second.table("t", MERGE)).toEqual([]);
    await second.read("t", [{ id: 2 }, { id: 1, v: "a" }]);
    expectCounts(context, await second.commit({ final: true }), { unchanged: 2 });
    await second.close();
    expect(await historyOf(world, { id: "1" })).toEqual(before);
  });

  check("keeps the last of a key within a commit and counts the others", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [
      { id: 1, v: "a" },
      { id: 1, v: "b" },
      { id: 2, v: "x" },
    ]);
    await pipeline.write("t", [{ id: 1, v: "c" }]);
    expectCounts(context, await pipeline.commit(), { inserted: 2, duplicates: 2 });
    await expectRows([
      { id: 1, v: "c" },
      { id: 2, v: "x" },
    ]);
    await pipeline.write("t", [
      { id: 1, v: "z" },
      { id: 2, v: "x" },
    ]);
    await pipeline.write("t", [
      { id: 1, v: "c" },
      { id: 2, v: "y" },
      { id: 2, v: "w" },
    ]);
    expectCounts(context, await pipeline.commit(), { unchanged: 1, updated: 1, duplicates: 3 });
    await expectRows([
      { id: 1, v: "c" },
      { id: 2, v: "w" },
    ]);
  });

  check("archives every version with the names of the fields that changed", async (world) => {
    const pipeline = await world.open();
    await pipeline.table("t", MERGE);
    for (const row of [
      { id: 1, v: "a", w: 1 },
      { id: 1, v: "b", w: 1 },
      { id: 1, v: "a", w: 1 },
      { id: 1, w: 2 },
    ]) {
      await pipeline.write("t", [row]);
      await pipeline.commit();
    }
    if (world.destination.inspect === undefined) return;
    const versions = await historyOf(world, { id: "1" });
    expect(versions.map(({ operation, changed }) => [operation, [...changed].toSorted()])).toEqual([
      ["current", []],
      ["update", ["v", "w"]],
      ["update", ["v"]],
      ["update", ["v"]],
    ]);
    expect(versions.map(({ values }) => values["v"] ?? null)).toEqual([null, "a", "b", "a"]);
    expect(versions.every(({ run }) => run === pipeline.run)).toBe(true);
    expect(versions[0]?.to ?? null).toBe(null);
    expect(versions[1]?.to).toBe(versions[0]?.from);
  });

  check(
    "removes what a complete reading did not see, archives it, and counts it as restored when it comes back",
    async (world) => {
      const pipeline = await world.open();
      await pipeline.table("t", MERGE);
      await pipeline.read("t", [
        { id: 1, v: "a" },
        { id: 2, v: "b" },
      ]);
      expectCounts(context, await pipeline.commit(), { inserted: 2 });
      await pipeline.read("t", [{ id: 1, v: "a" }]);
      expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 1 });
      await world.expectRows([{ id: 1, v: "a" }]);
      await pipeline.read("t", [
        { id: 1, v: "a" },
        { id: 2, v: "new" },
      ]);
      expectCounts(context, await pipeline.commit(), { unchanged: 1, inserted: 1, restored: 1 });
      await pipeline.write("t", [{ id: 2, v: "newer" }]);
      expectCounts(context, await pipeline.commit(), { updated: 1 });
      if (world.destination.inspect === undefined) return;
      const operations = (await historyOf(world, { id: "2" })).map(({ operation }) => operation);
      expect(operations).toEqual(["current", "update", "remove"]);
    },
  );

  check("removes nothing without a complete reading", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [{ id: 1 }, { id: 2 }]);
    await pipeline.commit();
    pipeline.begin("t");
    await pipeline.write("t", [{ id: 1 }]);
    expectCounts(context, await pipeline.commit(), { unchanged: 1 });
    await expectRows([{ id: 1 }, { id: 2 }]);
  });

  check("updates a row twice in two commits, and each time once", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [{ id: 1, v: 1 }]);
    await pipeline.commit();
    for (const v of [2, 3]) {
      await pipeline.write("t", [{ id: 1, v }]);
      expectCounts(context, await pipeline.commit(), { updated: 1 });
    }
  });

  check("deletes without history where it is told to, and so restores nothing", async (world) => {
    const pipeline = await world.open();
    await pipeline.table("t", { ...MERGE, removals: "delete" });
    await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
    await pipeline.commit();
    await pipeline.read("t", [{ id: 1 }]);
    expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 1 });
    await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
    expectCounts(context, await pipeline.commit(), { unchanged: 1, inserted: 1 });
    if (world.destination.inspect === undefined) return;
    expect((await historyOf(world, { id: "2" })).map(({ operation }) => operation)).toEqual(["current"]);
  });

  check("keeps what is no longer read where it is told to", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { ...MERGE, removals: "keep" });
    await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
    await pipeline.commit();
    await pipeline.read("t", [{ id: 1 }]);
    expectCounts(context, await pipeline.commit(), { unchanged: 1 });
    await expectRows([{ id: 1 }, { id: 2 }]);
  });

  check("finds rows by keys of several columns of any type", async ({ open, rows }) => {
    const pipeline = await open();
    await pipeline.table("t", { key: ["a", "b", "c"], mode: "merge", columns: { b: "bigint", c: "date" } });
    const keys: Row[] = [
      { a: "x,y", b: 1, c: "2026-01-01" },
      { a: "x", b: 9223372036854775807n, c: "2026-01-01" },
      { a: 'it\'s "q" \\ é', b: -1, c: "0001-01-01" },
      { a: "e\u0301", b: -1, c: "0001-01-01" },
      { a: "\u00e9", b: -1, c: "0001-01-01" },
    ];
    await pipeline.read(
      "t",
      keys.map((key) => ({ ...key, v: 1 })),
    );
    expectCounts(context, await pipeline.commit(), { inserted: 5 });
    await pipeline.read(
      "t",
      keys.slice(1).map((key, index) => ({ ...key, v: index === 0 ? 2 : 1 })),
    );
    expectCounts(context, await pipeline.commit(), { updated: 1, unchanged: 3, removed: 1 });
    expect((await rows()).length).toBe(4);
  });

  check("merges many rows as exactly as few", async ({ open, rows }) => {
    const row = (id: number, version: number): Row => ({ id, name: `row ${id}`, version, half: id / 2 });
    const ids = Array.from({ length: 5_000 }, (_, id) => id);
    const first = await open();
    await first.table("t", MERGE);
    const begun = first.begin("t");
    for (let from = 0; from < ids.length; from += 1_000) {
      await first.write(
        "t",
        ids.slice(from, from + 1_000).map((id) => row(id, 1)),
      );
    }
    first.complete(begun);
    expectCounts(context, await first.commit({ final: true }), { inserted: 5_000 });
    await first.close();
    const second = await open();
    await second.table("t", MERGE);
    const kept = ids.filter((id) => id % 50 !== 7);
    const changed = new Set(kept.filter((id) => id % 100 === 3));
    await second.read("t", [
      ...kept.map((id) => row(id, changed.has(id) ? 2 : 1)),
      row(9_999, 1),
      row(kept[0] ?? 0, 1),
    ]);
    expectCounts(context, await second.commit({ final: true }), {
      inserted: 1,
      updated: changed.size,
      unchanged: kept.length - changed.size,
      removed: ids.length - kept.length,
      duplicates: 1,
    });
    expect((await rows()).length).toBe(kept.length + 1);
  });

  check("counts the keys of rejected rows as seen", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", [
      { id: 1, v: 1 },
      { id: 2, v: 2 },
      { id: 3, v: 3 },
    ]);
    await pipeline.commit();
    const epoch = pipeline.begin("t");
    await pipeline.write("t", [{ id: 1, v: 1 }], { keptKeys: [{ id: 2 }] });
    pipeline.complete(epoch);
    expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 1 });
    await expectRows([
      { id: 1, v: 1 },
      { id: 2, v: 2 },
    ]);
  });
}

async function historyOf(
  world: World,
  key: Readonly<Record<string, string>>,
): Promise<readonly RowVersion[]> {
  const inspector: Inspector | undefined = await world.destination.inspect?.();
  if (inspector === undefined) return [];
  try {
    return await inspector.history("t", key);
  } finally {
    await inspector.close();
  }
}
