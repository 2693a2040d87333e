import { expectCounts, expectFailure } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

/** Fence, commit ids, and what is recovered. */
export function stateChecks(context: ContractContext): void {
  const { check, expect, modes, plain } = context;

  check("has the modes that it is tested for", async ({ destination }) => {
    expect(destination.capabilities.modes.toSorted()).toEqual(modes.toSorted());
  });

  check("recovers nothing where nothing was committed", async ({ open }) => {
    const { session } = await open();
    expect(session.recovered.lastCommit).toBe(0n);
    expect([...session.recovered.checkpoints]).toEqual([]);
    expect(session.recovered.openEpochs).toEqual([]);
    expect(session.recovered.run).toBe(undefined);
  });

  check("recovers checkpoints, the last commit and the run with its counts", async ({ open }) => {
    const first = await open();
    await first.table("t", plain);
    await first.write("t", [{ id: 1 }]);
    await first.commit({ checkpoints: { a: { at: 1 }, b: "x" }, counts: { t: { read: 2, rejected: 1 } } });
    await first.write("t", [{ id: 2 }]);
    const { totals } = await first.commit({ checkpoints: { a: { at: 2 } }, counts: { t: { read: 1 } } });
    await first.close();
    const { recovered } = (await open()).session;
    expect(recovered.lastCommit).toBe(2n);
    expect(new Map(recovered.checkpoints)).toEqual(
      new Map<string, unknown>([
        ["a", { at: 2 }],
        ["b", "x"],
      ]),
    );
    expect(recovered.run?.id).toBe(first.run);
    expect(recovered.run?.finished).toBe(false);
    expect(recovered.run?.counts).toEqual(totals);
    expect(totals["t"]?.read).toBe(3);
    expect(totals["t"]?.inserted).toBe(2);
    expect(totals["t"]?.rejected).toBe(1);
  });

  check("loses what was not committed", async ({ open, expectRows }) => {
    const first = await open();
    await first.table("t", plain);
    await first.write("t", [{ id: 1 }]);
    await first.commit();
    await first.write("t", [{ id: 2 }]);
    await first.close();
    await first.close();
    const second = await open();
    expect(second.session.recovered.lastCommit).toBe(1n);
    await second.table("t", plain);
    await second.commit();
    await expectRows([{ id: 1 }]);
  });

  check(
    "goes on with an unfinished run, and starts its counts anew after a finished one",
    async ({ open }) => {
      const first = await open();
      await first.table("t", plain);
      await first.write("t", [{ id: 1 }]);
      await first.commit();
      await first.close();
      const second = await open();
      await second.table("t", plain);
      await second.write("t", [{ id: 2 }]);
      expect((await second.commit({ final: true })).totals["t"]?.inserted).toBe(2);
      await second.close();
      const third = await open();
      expect(third.session.recovered.run?.id).toBe(first.run);
      expect(third.session.recovered.run?.finished).toBe(true);
      await third.table("t", plain);
      await third.write("t", [{ id: 3 }]);
      expect((await third.commit({ final: true })).totals["t"]?.inserted).toBe(1);
      await third.close();
      const { recovered } = (await open()).session;
      expect(recovered.run?.id).toBe(third.run);
      expect(recovered.lastCommit).toBe(3n);
    },
  );

  check("keeps the state of pipelines apart", async ({ open }) => {
    const first = await open({ pipeline: "one" });
    await first.commit({ checkpoints: { a: 1 } });
    await first.close();
    const { recovered } = (await open({ pipeline: "two" })).session;
    expect(recovered.lastCommit).toBe(0n);
    expect(recovered.checkpoints.size).toBe(0);
  });

  check("refuses an attempt that is not higher than every one before", async ({ open }) => {
    const first = await open({ attempt: 7n });
    await first.close();
    for (const attempt of [7n, 3n]) {
      const error = await expectFailure(context, open({ attempt }), "MLR_FENCED");
      expect(error.details["attempt"]).toBe("7");
    }
    await (await open({ attempt: 8n })).close();
  });

  check(
    "fails the commit of an attempt that was overtaken, and keeps nothing of it",
    async ({ open, expectRows }) => {
      const late = await open();
      await late.table("t", plain);
      await late.write("t", [{ id: 1 }]);
      await late.commit({ checkpoints: { a: 1 } });
      await late.write("t", [{ id: 2 }]);
      const next = await open();
      await expectFailure(context, late.commit({ checkpoints: { a: 2 } }), "MLR_FENCED");
      await late.close();
      await next.table("t", plain);
      await next.write("t", [{ id: 3 }]);
      await next.commit();
      expect(next.session.recovered.checkpoints.get("a")).toBe(1);
      await expectRows([{ id: 1 }, { id: 3 }]);
    },
  );

  check("never commits the same id twice", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "append", columns: { n: "integer" } });
    await pipeline.write("t", [{ n: 1 }]);
    await pipeline.commit();
    await pipeline.write("t", [{ n: 2 }]);
    const again = await pipeline.commit({ id: 1n }).catch((error: unknown) => error);
    expect(again === undefined).toBe(false);
    await pipeline.close();
    const { recovered } = (await open()).session;
    expect(recovered.lastCommit).toBe(1n);
    await expectRows([{ n: 1 }]);
  });

  check("shows by its last commit that one landed whose answer was lost", async ({ open, expectRows }) => {
    const lost = await open();
    await lost.table("t", { mode: "append" });
    await lost.write("t", [{ n: 1 }]);
    await lost.commit({ checkpoints: { a: 1 } });
    // Nobody closes the session: its process is gone.
    const next = await open();
    expect(next.session.recovered.lastCommit).toBe(1n);
    expect(next.session.recovered.checkpoints.get("a")).toBe(1);
    await expectRows([{ n: 1 }]);
  });

  check("forgets with full, once the first commit has landed and not before", async ({ open }) => {
    const first = await open();
    await first.table("t", plain);
    first.begin("t");
    await first.write("t", [{ id: 1 }]);
    await first.commit({ checkpoints: { a: 1, b: 2 } });
    await first.close();
    const full = await open({ full: true });
    expect(full.session.recovered.checkpoints.size).toBe(0);
    expect(full.session.recovered.openEpochs).toEqual([]);
    expect(full.session.recovered.lastCommit).toBe(1n);
    await full.close();
    const between = await open();
    expect(between.session.recovered.checkpoints.get("a")).toBe(1);
    expect(between.session.recovered.openEpochs.length).toBe(1);
    await between.close();
    const again = await open({ full: true });
    await again.commit({ checkpoints: { b: 3 } });
    await again.close();
    const { recovered } = (await open()).session;
    expect([...recovered.checkpoints]).toEqual([["b", 3]]);
    expect(recovered.openEpochs).toEqual([]);
  });

  check("counts what the engine says it counted", async ({ open }) => {
    const pipeline = await open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [{ id: 1 }]);
    const result = await pipeline.commit({ counts: { t: { read: 13, rejected: 2, unchanged: 10 } } });
    expectCounts(context, result, { read: 13, rejected: 2, unchanged: 10, inserted: 1 });
    const empty = await pipeline.commit({ counts: { t: { read: 4, unchanged: 4 } }, final: true });
    expectCounts(context, empty, { read: 4, unchanged: 4 });
    expect(empty.totals["t"]?.unchanged).toBe(14);
  });
}
