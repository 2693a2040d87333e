import { expectCounts, expectFailure } from "./expect-counts.ts";
import type { TestPipeline } from "./test-pipeline.ts";
import type { ContractContext, World } from "./tools.ts";

/** Partitions of one pipeline that write its tables side by side, each with a state of its own; see `Owner.tablesOf`. */
export function partitionChecks(context: ContractContext): void {
  const { expect, plain } = context;
  const check = (title: string, body: (world: World) => Promise<void>): void =>
    context.check(title, async (world) => {
      if (world.destination.capabilities.partitions === true) await body(world);
    });
  const partition = (world: World, name: string): Promise<TestPipeline> =>
    world.open({ pipeline: `pipeline@${name}`, tablesOf: "pipeline" });

  check(
    "keeps checkpoints, epochs and commits of partitions apart from one another and the pipeline's",
    async (world) => {
      const whole = await world.open();
      await whole.table("t", plain);
      await whole.write("t", [{ id: 1 }]);
      await whole.commit({ checkpoints: { a: "whole" } });
      const first = await partition(world, "1");
      expect([...first.session.recovered.checkpoints]).toEqual([]);
      expect(first.session.recovered.lastCommit).toBe(0n);
      await first.table("t", plain);
      await first.write("t", [{ id: 2 }]);
      await first.commit({ checkpoints: { a: "first" } });
      const second = await partition(world, "2");
      await second.table("t", plain);
      await second.write("t", [{ id: 3 }]);
      await second.commit({ checkpoints: { a: "second" } });
      // None was fenced off by another.
      await whole.write("t", [{ id: 4 }]);
      await whole.commit({ checkpoints: { b: "whole" } });
      await first.write("t", [{ id: 5 }]);
      await first.commit({ final: true });
      for (const each of [whole, first, second]) await each.close();
      await world.expectRows([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 5 }]);
      const again = await partition(world, "1");
      expect([...again.session.recovered.checkpoints]).toEqual([["a", "first"]]);
      expect(again.session.recovered.lastCommit).toBe(2n);
      expect(Object.fromEntries((await world.open()).session.recovered.checkpoints)).toEqual({
        a: "whole",
        b: "whole",
      });
    },
  );

  check("fences off an earlier attempt at the same partition, and no other", async (world) => {
    const first = await partition(world, "1");
    const other = await partition(world, "2");
    await first.table("t", plain);
    await first.write("t", [{ id: 1 }]);
    const again = await partition(world, "1");
    await expectFailure(context, first.commit(), "MLR_FENCED");
    await again.table("t", plain);
    await again.write("t", [{ id: 1 }]);
    await again.commit();
    await other.table("t", plain);
    await other.write("t", [{ id: 2 }]);
    await other.commit();
    await world.expectRows([{ id: 1 }, { id: 2 }]);
  });

  check("lets no other pipeline's partition write the table", async (world) => {
    const whole = await world.open();
    await whole.table("t", plain);
    await whole.write("t", [{ id: 1 }]);
    await whole.commit();
    const other = await world.open({ pipeline: "other@1", tablesOf: "other" });
    await expectFailure(
      context,
      (async () => {
        await other.table("t", plain);
        await other.write("t", [{ id: 2 }]);
        await other.commit();
      })(),
      "MLR_TABLE_OWNED",
    );
    // A partition owns nothing by itself: the pipeline may always write what it wrote.
    const made = await partition(world, "1");
    await made.table("u", plain);
    await made.write("u", [{ id: 1 }]);
    await made.commit();
    await made.close();
    const later = await world.open();
    await later.table("u", plain);
    await later.write("u", [{ id: 2 }]);
    await later.commit();
    await world.expectRows([{ id: 1 }, { id: 2 }], "u");
  });

  check(
    "refuses a commit for columns that another partition has changed meanwhile, and forgets none of them",
    async (world) => {
      const whole = await world.open();
      await whole.table("t", plain);
      await whole.write("t", [{ id: 1 }]);
      await whole.commit();
      const [first, second] = [await partition(world, "1"), await partition(world, "2")];
      await first.table("t", plain);
      await second.table("t", plain);
      await first.write("t", [{ id: 2, a: "x" }]);
      await second.write("t", [{ id: 3, b: "y" }]);
      await first.commit();
      await expectFailure(context, second.commit(), "MLR_DESTINATION_CONFLICT");
      await second.close();
      const again = await partition(world, "2");
      await again.table("t", plain);
      await again.write("t", [{ id: 3, b: "y" }]);
      await again.commit();
      await world.expectRows([{ id: 1 }, { id: 2, a: "x" }, { id: 3, b: "y" }]);
    },
  );

  context.check(
    "removes within a scope that a partition declares, and counts what others did as it finds it",
    async (world) => {
      if (world.destination.capabilities.partitions !== true) return;
      const whole = await world.open();
      await whole.table("t", plain);
      await whole.write("t", [
        { id: 1, day: "a" },
        { id: 2, day: "a" },
        { id: 3, day: "b" },
      ]);
      await whole.commit();
      const first = await partition(world, "a");
      await first.table("t", plain);
      const epoch = first.begin("t", { day: "a" });
      await first.write("t", [{ id: 1, day: "a" }]);
      first.complete(epoch);
      expectCounts(context, await first.commit({ final: true }), { unchanged: 1, removed: 1 });
      await world.expectRows([
        { id: 1, day: "a" },
        { id: 3, day: "b" },
      ]);
    },
    "merge",
  );
}
