import type { Row } from "../../row.ts";
import type { TableOptions } from "../../table-options.ts";
import { expectCounts, expectFailure } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

const MERGE: TableOptions = { key: ["id"], mode: "merge" };

/** The largest share of the live rows that a reading may remove. */
export function shareChecks(context: ContractContext): void {
  const { check, expect } = context;

  check("refuses to remove more than the share, and keeps nothing of that commit", async ({ open, rows }) => {
    const first = await open();
    await first.table("t", MERGE);
    await first.read("t", numbered(100));
    await first.commit({ checkpoints: { a: 1 } });
    await first.read("t", [...numbered(49), { id: 1_000 }]);
    const error = await expectFailure(context, first.commit({ checkpoints: { a: 2 } }), "MLR_REMOVAL_SHARE");
    expect(error.message.includes("51")).toBe(true);
    await first.close();
    const second = await open();
    expect(second.session.recovered.lastCommit).toBe(1n);
    expect(second.session.recovered.checkpoints.get("a")).toBe(1);
    expect((await rows()).length).toBe(100);
  });

  check("removes exactly the share", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", numbered(100));
    await pipeline.commit();
    await pipeline.read("t", numbered(50));
    expectCounts(context, await pipeline.commit(), { unchanged: 50, removed: 50 });
  });

  check("does not look at the share below 100 live rows", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", numbered(99));
    await pipeline.commit();
    await pipeline.read("t", []);
    expectCounts(context, await pipeline.commit(), { removed: 99 });
  });

  check(
    "refuses an empty reading of the whole stream, and of no scope that is declared empty",
    async ({ open }) => {
      const first = await open();
      await first.table("t", MERGE);
      await first.read("t", numbered(120, "a"));
      await first.commit();
      await first.read("t", []);
      await expectFailure(context, first.commit(), "MLR_REMOVAL_SHARE");
      await first.close();
      const second = await open();
      await second.table("t", MERGE);
      await second.read("t", [], { shop: "a" });
      expectCounts(context, await second.commit(), { removed: 120 });
    },
  );

  check("counts the share against the live rows of the scope", async ({ open, rows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [
      ...numbered(100, "a"),
      ...numbered(1_000, "b").map(({ id }) => ({ id: Number(id) + 5_000, shop: "b" })),
    ]);
    await pipeline.commit();
    await pipeline.read("t", numbered(40, "a"), { shop: "a" });
    await expectFailure(context, pipeline.commit(), "MLR_REMOVAL_SHARE");
    expect((await rows()).length).toBe(1_100);
  });

  check("refuses a reading in which every key is another one", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", numbered(200));
    await pipeline.commit();
    await pipeline.read(
      "t",
      numbered(200).map(({ id }) => ({ id: Number(id) + 10_000 })),
    );
    await expectFailure(context, pipeline.commit(), "MLR_REMOVAL_SHARE");
  });

  check("lets earlier commits of the reading stand", async ({ open, rows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", numbered(100));
    await pipeline.commit();
    const epoch = pipeline.begin("t");
    await pipeline.write("t", [{ id: 1, v: "new" }]);
    expectCounts(context, await pipeline.commit(), { updated: 1 });
    pipeline.complete(epoch);
    await expectFailure(context, pipeline.commit(), "MLR_REMOVAL_SHARE");
    expect((await rows()).filter(({ v }) => v === "new").length).toBe(1);
  });

  check("takes the share from the table's options, 1 for any", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", { ...MERGE, maxRemovedShare: 1 });
    await pipeline.read("t", numbered(150));
    await pipeline.commit();
    await pipeline.read("t", []);
    expectCounts(context, await pipeline.commit(), { removed: 150 });
    await pipeline.table("u", { ...MERGE, maxRemovedShare: 0 });
    await pipeline.read("u", numbered(150));
    await pipeline.commit();
    await pipeline.read("u", numbered(149));
    await expectFailure(context, pipeline.commit(), "MLR_REMOVAL_SHARE");
  });
}

/** Rows with ids from 1 up. */
function numbered(count: number, shop?: string): Row[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    ...(shop === undefined ? {} : { shop }),
  }));
}
