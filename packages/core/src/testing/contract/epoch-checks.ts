import type { TableOptions } from "../../table-options.ts";
import { expectCounts } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

const MERGE: TableOptions = { key: ["id"], mode: "merge" };

/** Epochs over several commits and sessions, taints, scopes. */
export function epochChecks(context: ContractContext): void {
  const { check, expect } = context;

  check("remembers what an epoch saw over commits and sessions", async ({ open, expectRows }) => {
    const first = await open();
    await first.table("t", MERGE);
    await first.read("t", [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
    await first.commit();
    first.begin("t");
    await first.write("t", [{ id: 1 }]);
    await first.commit();
    await first.write("t", [{ id: 2 }]);
    await first.commit();
    await first.write("t", [{ id: 4 }]);
    await first.close();
    const second = await open();
    await second.table("t", MERGE);
    expect(second.session.recovered.openEpochs.map(({ stream, taints }) => [stream, taints])).toEqual([
      ["t", []],
    ]);
    const epoch = second.resume("t");
    await second.write("t", [{ id: 3, v: "x" }]);
    second.complete(epoch);
    expectCounts(context, await second.commit(), { updated: 1, removed: 1 });
    await expectRows([{ id: 1 }, { id: 2 }, { id: 3, v: "x" }]);
    await second.close();
    expect((await open()).session.recovered.openEpochs).toEqual([]);
  });

  check("completes an epoch in a commit that writes no rows", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
    await pipeline.commit();
    const epoch = pipeline.begin("t");
    await pipeline.write("t", [{ id: 2 }]);
    await pipeline.commit();
    pipeline.complete(epoch);
    expectCounts(context, await pipeline.commit(), { removed: 1 });
    await expectRows([{ id: 2 }]);
  });

  check("forgets what was seen in an epoch that starts over", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.read("t", [{ id: 1 }, { id: 2 }, { id: 3 }]);
    await pipeline.commit();
    const given = pipeline.begin("t");
    await pipeline.write("t", [{ id: 1 }]);
    await pipeline.commit();
    await pipeline.write("t", [{ id: 2 }]);
    pipeline.discard(given);
    const epoch = pipeline.begin("t");
    await pipeline.write("t", [{ id: 3 }], { epochs: [epoch] });
    pipeline.complete(epoch);
    expectCounts(context, await pipeline.commit(), { unchanged: 2, removed: 2 });
    await expectRows([{ id: 3 }]);
  });

  check(
    "keeps a row that a completed reading saw and that changes again in the same commit",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", MERGE);
      await pipeline.read("t", [
        { id: 1, v: "a" },
        { id: 2, v: "a" },
      ]);
      pipeline.begin("t");
      await pipeline.write("t", [{ id: 1, v: "b" }]);
      expectCounts(context, await pipeline.commit(), { inserted: 2, duplicates: 1 });
      await expectRows([
        { id: 1, v: "b" },
        { id: 2, v: "a" },
      ]);
      const [second] = pipeline.openEpochs("t");
      await pipeline.write("t", [{ id: 2, v: "b" }]);
      pipeline.complete(second ?? "");
      await pipeline.write("t", [{ id: 1, v: "c" }]);
      expectCounts(context, await pipeline.commit(), { updated: 2 });
      await expectRows([
        { id: 1, v: "c" },
        { id: 2, v: "b" },
      ]);
    },
  );

  check(
    "does not remove what comes after the reading was complete, in the same commit",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", MERGE);
      await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
      await pipeline.write("t", [{ id: 3 }]);
      expectCounts(context, await pipeline.commit(), { inserted: 3 });
      await pipeline.read("t", [{ id: 1 }, { id: 3 }]);
      await pipeline.read("t", [{ id: 1 }, { id: 4 }]);
      await pipeline.write("t", [{ id: 2, v: "again" }]);
      expectCounts(context, await pipeline.commit(), {
        unchanged: 2,
        updated: 1,
        inserted: 1,
        removed: 1,
        duplicates: 1,
      });
      await expectRows([{ id: 1 }, { id: 2, v: "again" }, { id: 4 }]);
    },
  );

  check("does not give back an epoch that was given up", async ({ open }) => {
    const first = await open();
    await first.table("t", MERGE);
    const epoch = first.begin("t");
    await first.write("t", [{ id: 1 }]);
    await first.commit();
    first.discard(epoch);
    await first.commit({ final: true });
    await first.close();
    expect((await open()).session.recovered.openEpochs).toEqual([]);
  });

  check("takes an epoch that begins and is given up within one commit", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    const epoch = pipeline.begin("t");
    await pipeline.write("t", [{ id: 1 }]);
    pipeline.discard(epoch);
    expectCounts(context, await pipeline.commit(), { inserted: 1 });
    await expectRows([{ id: 1 }]);
    await pipeline.close();
    expect((await open()).session.recovered.openEpochs).toEqual([]);
  });

  check(
    "removes nothing in a tainted epoch, says why, and removes in the next one",
    async ({ open, rows }) => {
      const pipeline = await open();
      await pipeline.table("t", MERGE);
      await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
      await pipeline.commit();
      const tainted = pipeline.begin("t");
      pipeline.taint(tainted, "rows were rejected");
      await pipeline.write("t", [{ id: 1, v: "x" }]);
      pipeline.complete(tainted);
      const result = await pipeline.commit();
      expectCounts(context, result, { updated: 1 });
      expect(result.withheld).toEqual({ t: ["rows were rejected"] });
      expect((await rows()).length).toBe(2);
      await pipeline.read("t", [{ id: 1, v: "x" }]);
      const next = await pipeline.commit();
      expectCounts(context, next, { unchanged: 1, removed: 1 });
      expect(next.withheld).toEqual({});
    },
  );

  check("keeps a taint over commits and sessions", async ({ open, rows }) => {
    const first = await open();
    await first.table("t", MERGE);
    await first.read("t", [{ id: 1 }, { id: 2 }]);
    await first.commit();
    const epoch = first.begin("t");
    await first.write("t", [{ id: 1 }]);
    await first.commit();
    first.taint(epoch, "limited");
    await first.commit();
    await first.close();
    const second = await open();
    await second.table("t", MERGE);
    expect(second.session.recovered.openEpochs[0]?.taints).toEqual(["limited"]);
    second.complete(second.resume("t"));
    const result = await second.commit();
    expectCounts(context, result, {});
    expect(result.withheld).toEqual({ t: ["limited"] });
    expect((await rows()).length).toBe(2);
  });

  check("removes within a declared scope alone", async ({ open, rows }) => {
    const pipeline = await open();
    await pipeline.table("t", { ...MERGE, columns: { day: "date" } });
    const all = [
      { id: 1, day: "2026-01-01" },
      { id: 2, day: "2026-01-01" },
      { id: 3, day: "2026-01-02" },
      { id: 4 },
    ];
    await pipeline.write("t", all);
    await pipeline.commit();
    await pipeline.read("t", [{ id: 2, day: "2026-01-01" }], { day: "2026-01-01" });
    expectCounts(context, await pipeline.commit(), { unchanged: 1, removed: 1 });
    await pipeline.read("t", [], { day: null });
    expectCounts(context, await pipeline.commit(), { removed: 1 });
    expect((await rows()).map(({ id }) => id)).toEqual([2, 3]);
  });

  check("gives a scope back with the open epoch", async ({ open }) => {
    const first = await open();
    await first.table("t", { ...MERGE, columns: { day: "date", shop: "text" } });
    first.begin("t", { day: "2026-01-01", shop: "a" });
    await first.write("t", [{ id: 1, day: "2026-01-01", shop: "a" }]);
    await first.commit();
    await first.close();
    const [epoch] = (await open()).session.recovered.openEpochs;
    expect(epoch?.scope).toEqual({ day: "2026-01-01", shop: "a" });
  });

  check("removes a scope's rows when an empty reading of it completes", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [
      { id: 1, shop: "a" },
      { id: 2, shop: "b" },
    ]);
    await pipeline.commit();
    await pipeline.read("t", [], { shop: "a" });
    expectCounts(context, await pipeline.commit(), { removed: 1 });
    await expectRows([{ id: 2, shop: "b" }]);
  });

  check("takes a row that moves from one scope to another in a commit for an update", async (world) => {
    const pipeline = await world.open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [
      { id: 1, shop: "a" },
      { id: 2, shop: "b" },
    ]);
    await pipeline.commit();
    await pipeline.read("t", [], { shop: "a" });
    await pipeline.read(
      "t",
      [
        { id: 1, shop: "b" },
        { id: 2, shop: "b" },
      ],
      { shop: "b" },
    );
    expectCounts(context, await pipeline.commit(), { updated: 1, unchanged: 1 });
    await pipeline.read("t", [{ id: 1, shop: "a" }], { shop: "a" });
    await pipeline.read("t", [{ id: 2, shop: "b" }], { shop: "b" });
    expectCounts(context, await pipeline.commit(), { updated: 1, unchanged: 1 });
    await world.expectRows([
      { id: 1, shop: "a" },
      { id: 2, shop: "b" },
    ]);
  });

  check("has a whole stream's epoch and a scope's open side by side", async ({ open, rows }) => {
    const pipeline = await open();
    await pipeline.table("t", MERGE);
    await pipeline.write("t", [
      { id: 1, shop: "a" },
      { id: 2, shop: "a" },
      { id: 3, shop: "b" },
    ]);
    await pipeline.commit();
    const whole = pipeline.begin("t");
    const scoped = pipeline.begin("t", { shop: "a" });
    await pipeline.write("t", [{ id: 1, shop: "a" }]);
    await pipeline.commit();
    pipeline.complete(scoped);
    expectCounts(context, await pipeline.commit(), { removed: 1 });
    await pipeline.write("t", [{ id: 2, shop: "a" }]);
    pipeline.complete(whole);
    expectCounts(context, await pipeline.commit(), { inserted: 1, restored: 1, removed: 1 });
    expect((await rows()).map(({ id }) => id)).toEqual([1, 2]);
  });
}
