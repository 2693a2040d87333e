import { expectCounts } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

/** append and upsert. */
export function rowsChecks(context: ContractContext): void {
  const { check, expect } = context;

  check("append adds each row, equal ones too", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "append" });
    await pipeline.write("t", [{ a: 1 }, { a: 1 }, { a: 2, b: "x" }]);
    expectCounts(context, await pipeline.commit(), { inserted: 3 });
    await pipeline.write("t", [{ a: 1 }]);
    expectCounts(context, await pipeline.commit(), { inserted: 1 });
    await expectRows([{ a: 1 }, { a: 1 }, { a: 1 }, { a: 2, b: "x" }]);
  });

  check("append removes nothing when a reading completes", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "append" });
    await pipeline.read("t", [{ a: 1 }]);
    await pipeline.commit();
    await pipeline.read("t", [{ a: 2 }]);
    const result = await pipeline.commit();
    expectCounts(context, result, { inserted: 1 });
    expect(result.withheld).toEqual({});
    await expectRows([{ a: 1 }, { a: 2 }]);
  });

  check(
    "upsert inserts and overwrites by key, the last of a key winning",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", { mode: "upsert", key: ["id"] });
      await pipeline.write("t", [
        { id: 1, v: "a" },
        { id: 2, v: "b" },
        { id: 1, v: "c" },
      ]);
      expectCounts(context, await pipeline.commit(), { inserted: 2, duplicates: 1 });
      await pipeline.write("t", [{ id: 1, v: "d" }]);
      await pipeline.write("t", [
        { id: 3, v: "e" },
        { id: 1, v: "f" },
      ]);
      expectCounts(context, await pipeline.commit(), { inserted: 1, updated: 1, duplicates: 1 });
      await expectRows([
        { id: 1, v: "f" },
        { id: 2, v: "b" },
        { id: 3, v: "e" },
      ]);
    },
    "upsert",
  );

  check(
    "upsert overwrites the whole row: what the new one does not have is null",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", { mode: "upsert", key: ["id"] });
      await pipeline.write("t", [{ id: 1, v: "a", w: "b" }]);
      await pipeline.commit();
      await pipeline.write("t", [{ id: 1, v: "c" }]);
      await pipeline.commit();
      await expectRows([{ id: 1, v: "c" }]);
    },
    "upsert",
  );

  check(
    "upsert removes nothing when a reading completes",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", { mode: "upsert", key: ["id"] });
      await pipeline.read("t", [{ id: 1 }]);
      await pipeline.commit();
      await pipeline.read("t", [{ id: 2 }]);
      expectCounts(context, await pipeline.commit(), { inserted: 1 });
      await expectRows([{ id: 1 }, { id: 2 }]);
    },
    "upsert",
  );

  check("takes batches and commits without rows", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "append", columns: { a: "integer" } });
    await pipeline.write("t", []);
    expectCounts(context, await pipeline.commit(), {});
    expectCounts(context, await pipeline.commit({ final: true }), {});
    await expectRows([]);
  });
}
