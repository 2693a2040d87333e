import { expectCounts } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

const at = (text: string): { readAt: number } => ({ readAt: Date.parse(text) });

/** snapshot. */
export function snapshotChecks(context: ContractContext): void {
  const { check, expect } = context;

  check("snapshot keeps one reading per period, the last one", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "snapshot", key: ["id"] });
    await pipeline.read("t", [
      { id: 1, v: "a" },
      { id: 2, v: "b" },
    ]);
    await pipeline.commit(at("2026-11-22T00:00:00Z"));
    await pipeline.read("t", [{ id: 1, v: "c" }]);
    const again = await pipeline.commit(at("2026-11-22T23:59:59Z"));
    expectCounts(context, again, { inserted: 1, removed: 2 });
    await expectRows([{ id: 1, v: "c" }]);
    await pipeline.read("t", [{ id: 1, v: "d" }]);
    await pipeline.commit(at("2026-11-23T00:00:00Z"));
    await expectRows([
      { id: 1, v: "c" },
      { id: 1, v: "d" },
    ]);
  });

  check("snapshot by the hour tells hours of two offsets apart", async ({ open, expectRows }) => {
    const pipeline = await open();
    const snapshot = { every: "hour", timeZone: "Europe/Berlin" } as const;
    await pipeline.table("t", { mode: "snapshot", snapshot, key: ["id"] });
    // The clock shows 02:30 twice.
    for (const [v, time] of ["00:30", "01:30", "01:59"].entries()) {
      await pipeline.read("t", [{ id: 1, v }]);
      await pipeline.commit(at(`2026-10-25T${time}:00Z`));
    }
    await expectRows([
      { id: 1, v: 0 },
      { id: 1, v: 2 },
    ]);
  });

  check("snapshot tells what it took and which boundaries were missed", async ({ open }) => {
    const first = await open();
    await first.table("t", { mode: "snapshot", key: ["id"] });
    await first.read("t", [{ id: 1 }]);
    const taken = await first.commit(at("2026-11-20T12:00:00Z"));
    expect(taken.snapshots).toEqual({ t: { scope: "2026-11-20", missed: [], expired: [] } });
    await first.close();
    const second = await open();
    await second.table("t", { mode: "snapshot", key: ["id"] });
    const read = async (time: string, rows: readonly { id: number }[] = [{ id: 2 }]): Promise<unknown> => {
      await second.read("t", rows);
      return (await second.commit(at(time))).snapshots?.["t"]?.missed;
    };
    expect(await read("2026-11-23T12:00:00Z")).toEqual(["2026-11-21", "2026-11-22"]);
    expect(await read("2026-11-23T13:00:00Z")).toEqual([]);
    expect(await read("2026-11-24T12:00:00Z", [])).toEqual([]);
  });

  check("snapshot deletes what its retention does not keep, and nothing without one", async (world) => {
    const pipeline = await world.open();
    const take = async (snapshot: Parameters<typeof pipeline.table>[1], from: number): Promise<void> => {
      await pipeline.table("t", { mode: "snapshot", key: ["id"], ...snapshot });
      for (let day = from; day < from + 3; day++) {
        await pipeline.read("t", [{ id: day }]);
        await pipeline.commit({ readAt: Date.UTC(2026, 10, day, 6) });
      }
    };
    await take({}, 1);
    await world.expectRows([{ id: 1 }, { id: 2 }, { id: 3 }]);
    await take({ snapshot: { retention: { days: 2, weeks: 2 } } }, 4);
    // 2026-11-01 was a Sunday, the last day of a week.
    await world.expectRows([{ id: 1 }, { id: 5 }, { id: 6 }]);
    await pipeline.read("t", [{ id: 7 }]);
    const result = await pipeline.commit({ readAt: Date.UTC(2026, 10, 7, 6) });
    expectCounts(context, result, { inserted: 1, removed: 1 });
    expect(result.snapshots?.["t"]?.expired).toEqual(["2026-11-05"]);
    await world.expectRows([{ id: 1 }, { id: 6 }, { id: 7 }]);
  });

  check("snapshot of a scope leaves the other scopes of its period", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", { mode: "snapshot", key: ["id"] });
    await pipeline.read("t", [{ id: 1, shop: "a" }], { shop: "a" });
    await pipeline.read("t", [{ id: 2, shop: "b" }], { shop: "b" });
    await pipeline.commit();
    await pipeline.read("t", [{ id: 3, shop: "b" }], { shop: "b" });
    await pipeline.commit();
    await expectRows([
      { id: 1, shop: "a" },
      { id: 3, shop: "b" },
    ]);
  });

  check(
    "snapshot leaves the last complete reading where the next one is not complete or tainted",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", { mode: "snapshot" });
      await pipeline.read("t", [{ a: 1 }]);
      await pipeline.commit();
      const epoch = pipeline.begin("t");
      await pipeline.write("t", [{ a: 2 }]);
      await pipeline.commit();
      await expectRows([{ a: 1 }]);
      pipeline.complete(epoch);
      await pipeline.commit();
      await expectRows([{ a: 2 }]);
      const tainted = pipeline.begin("t");
      pipeline.taint(tainted, "limited");
      await pipeline.write("t", [{ a: 3 }]);
      pipeline.complete(tainted);
      const result = await pipeline.commit();
      expect(result.withheld).toEqual({ t: ["limited"] });
      expect(result.snapshots ?? {}).toEqual({});
      await expectRows([{ a: 2 }]);
    },
  );
}
