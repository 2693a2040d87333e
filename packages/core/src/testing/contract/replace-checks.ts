import { expectCounts } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

/** replace. */
export function replaceChecks(context: ContractContext): void {
  const { check, expect } = context;

  check(
    "replace shows the old rows until the reading is complete, then the new ones",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", { mode: "replace" });
      await pipeline.read("t", [{ a: 1 }, { a: 2 }]);
      await pipeline.commit();
      await expectRows([{ a: 1 }, { a: 2 }]);
      const epoch = pipeline.begin("t");
      await pipeline.write("t", [{ a: 2 }, { a: 3 }]);
      await pipeline.commit();
      await expectRows([{ a: 1 }, { a: 2 }]);
      await pipeline.write("t", [{ a: 4 }]);
      pipeline.complete(epoch);
      await pipeline.commit();
      await expectRows([{ a: 2 }, { a: 3 }, { a: 4 }]);
    },
  );

  check("replace goes on with a reading that another session began", async ({ open, expectRows }) => {
    const first = await open();
    await first.table("t", { mode: "replace" });
    first.begin("t");
    await first.write("t", [{ a: 1 }]);
    await first.commit();
    await first.write("t", [{ a: 99 }]);
    await first.close();
    const second = await open();
    await second.table("t", { mode: "replace" });
    const epoch = second.resume("t");
    await second.write("t", [{ a: 2 }]);
    second.complete(epoch);
    await second.commit();
    await expectRows([{ a: 1 }, { a: 2 }]);
  });

  check(
    "replace leaves the old rows where the reading is tainted or given up",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", { mode: "replace" });
      await pipeline.read("t", [{ a: 1 }]);
      await pipeline.commit();
      const tainted = pipeline.begin("t");
      pipeline.taint(tainted, "limited");
      await pipeline.write("t", [{ a: 2 }]);
      pipeline.complete(tainted);
      expect((await pipeline.commit()).withheld).toEqual({ t: ["limited"] });
      await expectRows([{ a: 1 }]);
      const given = pipeline.begin("t");
      await pipeline.write("t", [{ a: 3 }]);
      await pipeline.commit();
      pipeline.discard(given);
      await pipeline.read("t", [{ a: 4 }]);
      await pipeline.commit();
      await expectRows([{ a: 4 }]);
    },
  );

  check("replace empties the table when an empty reading completes", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "replace" });
    await pipeline.read("t", [{ a: 1 }]);
    expectCounts(context, await pipeline.commit(), { inserted: 1 });
    await pipeline.read("t", []);
    await pipeline.commit();
    await expectRows([]);
  });

  check("replace keeps the last of a key", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "replace", key: ["id"] });
    await pipeline.read("t", [
      { id: 1, v: "a" },
      { id: 1, v: "b" },
      { id: 2, v: "c" },
    ]);
    expectCounts(context, await pipeline.commit(), { inserted: 2, duplicates: 1 });
    await expectRows([
      { id: 1, v: "b" },
      { id: 2, v: "c" },
    ]);
  });
}
