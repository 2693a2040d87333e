import { setImmediate } from "node:timers/promises";
import type { Inspector } from "../../destination.ts";
import { expectCounts, expectFailure } from "./expect-counts.ts";
import type { ContractContext, World } from "./tools.ts";

/** A run that there never was. */
const NOBODY = "00000000-0000-4000-8000-000000000000";

/** Reading back, and dry runs. Where the destination offers neither, there is nothing to check. */
export function inspectChecks(context: ContractContext): void {
  const { check, expect, plain } = context;

  check("lists its tables, and tells and resets a pipeline's state", async (world) => {
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [{ id: 1 }]);
    pipeline.begin("t");
    await pipeline.commit({ checkpoints: { a: [1] } });
    await pipeline.close();
    await inspecting(world, async (inspector) => {
      const tables = await inspector.tables();
      expect(tables.map(({ pipeline: owner, mode }) => [owner, mode])).toEqual([["pipeline", plain.mode]]);
      const state = await inspector.state("pipeline");
      expect([state?.lastCommit, state?.run, state?.finished]).toEqual([1n, pipeline.run, false]);
      expect([...(state?.checkpoints ?? [])]).toEqual([["a", [1]]]);
      expect(state?.openEpochs.length).toBe(1);
      expect(await inspector.state("nobody")).toBe(undefined);
      await inspector.resetState("pipeline");
    });
    const { recovered } = (await world.open()).session;
    expect(recovered.checkpoints.size).toBe(0);
    expect(recovered.openEpochs).toEqual([]);
    expect(recovered.lastCommit).toBe(1n);
    await world.expectRows([{ id: 1 }]);
  });

  check("says that a table does not exist", async (world) => {
    await inspecting(world, async (inspector) => {
      await expectFailure(context, inspector.verify("nothing"), "MLR_TABLE_NOT_FOUND");
      await expectFailure(context, inspector.history("nothing", { id: "1" }), "MLR_TABLE_NOT_FOUND");
    });
  });

  check("sees rows that somebody else changed", async (world) => {
    const { tamper } = world.harness;
    if (tamper === undefined) return;
    const pipeline = await world.open();
    await pipeline.table("t", plain);
    await pipeline.write("t", [
      { id: 1, v: "a" },
      { id: 2, v: "b" },
    ]);
    await pipeline.commit({ final: true });
    await pipeline.close();
    await inspecting(world, async (inspector) => {
      expect(pickVerify(await inspector.verify("t"))).toEqual({ rows: 2, equal: 2, different: 0 });
      await tamper("t", { id: 2 }, { v: "changed" });
      const result = await inspector.verify("t");
      expect(pickVerify(result)).toEqual({ rows: 2, equal: 1, different: 1 });
      expect(result.examples.length).toBe(1);
    });
  });

  check(
    "tells what changed from one run to another, field by field",
    async (world) => {
      const runs: string[] = [];
      const readings = [
        [
          { id: 1, v: "a", w: 1 },
          { id: 2, v: "b", w: 1 },
          { id: 3, v: "c", w: 1 },
        ],
        [
          { id: 1, v: "x", w: 1 },
          { id: 2, v: "b", w: 1 },
          { id: 4, v: "d", w: 1 },
        ],
        [
          { id: 1, v: "a", w: 2 },
          { id: 2, v: "b", w: 1 },
          { id: 3, v: "c", w: 1, more: "column" },
        ],
      ];
      for (const rows of readings) {
        const pipeline = await world.open();
        await pipeline.table("t", { key: ["id"], mode: "merge", maxRemovedShare: 1 });
        await pipeline.read("t", rows);
        await pipeline.commit({ final: true });
        await pipeline.close();
        runs.push(pipeline.run);
        // Two commits of one moment cannot be told apart.
        for (const now = Date.now(); Date.now() - now < 2;) await setImmediate();
      }
      await inspecting(world, async (inspector) => {
        if (inspector.changes === undefined) return;
        const changes = async (from: number, to: number): Promise<unknown[]> => {
          const told: unknown[] = [];
          const pair = { from: { run: runs[from] ?? "" }, to: { run: runs[to] ?? "" } };
          for await (const { key, operation, fields } of inspector.changes?.("t", pair) ?? []) {
            const texts = Object.entries(fields).map(
              ([name, { before, after }]) => `${name} ${String(before)} ${String(after)}`,
            );
            told.push([String(key["id"]), operation, texts]);
          }
          return told;
        };
        expect(await changes(0, 1)).toEqual([
          ["1", "update", ["v a x"]],
          ["3", "remove", ["id 3 null", "v c null", "w 1 null"]],
          ["4", "insert", ["id null 4", "v null d", "w null 1"]],
        ]);
        expect(await changes(1, 0)).toEqual([
          ["1", "update", ["v x a"]],
          ["3", "insert", ["id null 3", "v null c", "w null 1"]],
          ["4", "remove", ["id 4 null", "v d null", "w 1 null"]],
        ]);
        expect(await changes(0, 2)).toEqual([
          ["1", "update", ["w 1 2"]],
          ["3", "update", ["more null column"]],
        ]);
        expect(await changes(1, 1)).toEqual([]);
        const unknown = { from: { run: NOBODY }, to: { run: runs[0] ?? "" } };
        const reading = inspector.changes("t", unknown)[Symbol.asyncIterator]();
        await expectFailure(context, reading.next(), "MLR_RUN_NOT_FOUND");
        const ended = { from: { run: NOBODY, endedAt: "2000-01-01T00:00:00Z" }, to: { run: runs[0] ?? "" } };
        const all: unknown[] = [];
        for await (const { operation } of inspector.changes("t", ended)) all.push(operation);
        expect(all).toEqual(["insert", "insert", "insert"]);
      });
    },
    "merge",
  );

  check(
    "tells in a dry run what a commit would do, and does nothing",
    async (world) => {
      if (!world.destination.capabilities.dryRun) return;
      const first = await world.open();
      await first.table("t", plain);
      await first.read("t", [
        { id: 1, v: "a" },
        { id: 2, v: "b" },
        { id: 3, v: "c" },
      ]);
      await first.commit({ checkpoints: { a: 1 }, final: true });
      const dry = await world.open({ dryRun: true });
      expect(dry.session.recovered.checkpoints.get("a")).toBe(1);
      await dry.table("t", plain);
      const changes = await dry.write("t", [{ id: 1, v: "a" }], { epochs: [] });
      expect(changes).toEqual([]);
      await dry.read("t", [
        { id: 1, v: "a" },
        { id: 2, v: "B", added: 1 },
        { id: 4, v: "d" },
      ]);
      const result = await dry.commit({ checkpoints: { a: 2 } });
      expectCounts(context, result, { unchanged: 1, updated: 1, inserted: 1, removed: 1, duplicates: 1 });
      const operations = (result.sample ?? [])
        .map(({ operation, key }) => `${operation} ${String(key["id"])}`)
        .toSorted();
      expect(operations).toEqual(["insert 4", "remove 3", "update 2"]);
      const update = result.sample?.find(({ operation }) => operation === "update");
      expect(update?.fields).toEqual({ v: { before: "b", after: "B" }, added: { before: null, after: "1" } });
      await dry.close();
      await world.expectRows([
        { id: 1, v: "a" },
        { id: 2, v: "b" },
        { id: 3, v: "c" },
      ]);
      await first.write("t", [{ id: 5, v: "e" }]);
      await first.commit();
      const { recovered } = (await world.open()).session;
      expect([recovered.lastCommit, recovered.checkpoints.get("a")]).toEqual([2n, 1]);
    },
    "merge",
  );

  check("tells in a dry run which tables it would create", async (world) => {
    if (!world.destination.capabilities.dryRun) return;
    const dry = await world.open({ dryRun: true });
    await dry.table("t", plain);
    const changes = await dry.write("t", [{ id: 1 }]);
    expect(changes.some(({ kind, statement }) => kind === "create-table" && statement !== "")).toBe(true);
    expectCounts(context, await dry.commit({ final: true }), { inserted: 1 });
    await dry.close();
    await world.expectRows([]);
    const real = await world.open();
    expect(real.session.recovered.lastCommit).toBe(0n);
    expect(await real.session.existing({ name: "t" })).toBe(undefined);
  });
}

function pickVerify({ rows, equal, different }: { rows: number; equal: number; different: number }): object {
  return { rows, equal, different };
}

async function inspecting(world: World, body: (inspector: Inspector) => Promise<void>): Promise<void> {
  const inspector = await world.destination.inspect?.();
  if (inspector === undefined) return;
  try {
    await body(inspector);
  } finally {
    await inspector.close();
  }
}
