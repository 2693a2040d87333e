import type { TableOptions } from "../../table-options.ts";
import { expectCounts } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

const LINES: TableOptions & { parentKey: string[] } = {
  key: ["order", "n"],
  mode: "merge",
  parentKey: ["order"],
};

/** Child tables: a batch that names a parent holds all its children. */
export function childChecks(context: ContractContext): void {
  const { check } = context;

  check(
    "removes the children that a parent no longer has, and of no other parent",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", LINES);
      const lines = [
        { order: 1, n: 1 },
        { order: 1, n: 2 },
        { order: 2, n: 1 },
        { order: 3, n: 1 },
      ];
      await pipeline.write("t", lines, { parents: [{ order: 1 }, { order: 2 }, { order: 3 }] });
      expectCounts(context, await pipeline.commit(), { inserted: 4 });
      await pipeline.write("t", [{ order: 1, n: 1 }], { parents: [{ order: 1 }, { order: 3 }] });
      expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 2 });
      await expectRows([
        { n: 1, order: 1 },
        { n: 1, order: 2 },
      ]);
      await pipeline.write(
        "t",
        [
          { order: 1, n: 1 },
          { order: 1, n: 2 },
        ],
        { parents: [{ order: 1 }] },
      );
      expectCounts(context, await pipeline.commit(), { unchanged: 1, inserted: 1, restored: 1 });
    },
  );

  check("takes a child that moves from one parent to another for an update", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { ...LINES, key: ["id"] });
    await pipeline.write(
      "t",
      [
        { id: 1, order: 1 },
        { id: 2, order: 2 },
      ],
      { parents: [{ order: 1 }, { order: 2 }] },
    );
    await pipeline.commit();
    await pipeline.write(
      "t",
      [
        { id: 2, order: 2 },
        { id: 1, order: 2 },
      ],
      { parents: [{ order: 1 }, { order: 2 }] },
    );
    expectCounts(context, await pipeline.commit(), { updated: 1, unchanged: 1 });
    await expectRows([
      { id: 1, order: 2 },
      { id: 2, order: 2 },
    ]);
  });

  check(
    "keeps the children of the last batch that names a parent, and counts the others as duplicates",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", LINES);
      await pipeline.write(
        "t",
        [
          { order: 1, n: 1, v: "a" },
          { order: 1, n: 2, v: "b" },
        ],
        { parents: [{ order: 1 }] },
      );
      await pipeline.write("t", [{ order: 1, n: 1, v: "c" }], { parents: [{ order: 1 }] });
      expectCounts(context, await pipeline.commit(), { inserted: 1, duplicates: 2 });
      await expectRows([{ n: 1, order: 1, v: "c" }]);
    },
  );

  check("keeps the child that a rejected row would have replaced", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", LINES);
    const lines = [
      { order: 1, n: 1, v: "a" },
      { order: 1, n: 2, v: "b" },
      { order: 1, n: 3, v: "c" },
    ];
    await pipeline.write("t", lines, { parents: [{ order: 1 }] });
    await pipeline.commit();
    await pipeline.write("t", [{ order: 1, n: 1, v: "a" }], {
      parents: [{ order: 1 }],
      keptKeys: [{ order: 1, n: 2 }],
    });
    expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 1 });
    await expectRows(lines.slice(0, 2));
  });

  check("does not count the children of a parent against the removal share", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", LINES);
    const lines = Array.from({ length: 150 }, (_, n) => ({ order: 1, n }));
    await pipeline.write("t", lines, { parents: [{ order: 1 }] });
    await pipeline.commit();
    await pipeline.write("t", lines.slice(0, 10), { parents: [{ order: 1 }] });
    expectCounts(context, await pipeline.commit(), { unchanged: 10, removed: 140 });
  });

  check(
    "removes the children of parents that a complete reading did not see",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", LINES);
      await pipeline.write(
        "t",
        [
          { order: 1, n: 1 },
          { order: 2, n: 1 },
        ],
        { parents: [{ order: 1 }, { order: 2 }] },
      );
      await pipeline.commit();
      const epoch = pipeline.begin("t");
      await pipeline.write("t", [{ order: 2, n: 1 }], { parents: [{ order: 2 }] });
      pipeline.complete(epoch);
      expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 1 });
      await expectRows([{ n: 1, order: 2 }]);
    },
  );
}
