import type { TableOptions } from "../../table-options.ts";
import { expectCounts, expectFailure } from "./expect-counts.ts";
import type { ContractContext } from "./tools.ts";

/** Tables that are created, grown and shared. */
export function schemaChecks(context: ContractContext): void {
  const { check, expect, plain } = context;

  check("creates a table, and says so once", async ({ open }) => {
    const first = await open();
    await first.table("t", plain);
    const changes = await first.write("t", [{ id: 1, v: "a" }]);
    expect(changes.some(({ kind, table }) => kind === "create-table" && table === "t")).toBe(true);
    await first.commit();
    await first.close();
    const second = await open();
    expect(await second.table("t", plain)).toEqual([]);
    expect(await second.write("t", [{ id: 2, v: "b" }])).toEqual([]);
  });

  check("creates nothing that is not committed", async ({ open, expectRows }) => {
    const first = await open();
    await first.table("t", plain);
    await first.write("t", [{ id: 1 }]);
    await first.close();
    const second = await open();
    await second.table("t", plain);
    await second.write("t", [{ id: 1 }]);
    await second.commit();
    await expectRows([{ id: 1 }]);
  });

  check("tells how a table is stored", async ({ open }) => {
    const first = await open();
    expect(await first.session.existing({ name: "t" })).toBe(undefined);
    await first.table("t", { ...plain, columns: { n: "numeric(8,2)", at: "timestamptz", big: "bigint" } });
    await first.write("t", [{ id: 1, s: "x" }]);
    await first.commit();
    await first.close();
    const stored = await (await open()).session.existing({ name: "t" });
    expect(stored?.key).toEqual(plain.key ?? []);
    expect(stored?.mode).toBe(plain.mode);
    const types = Object.fromEntries(
      (stored?.columns ?? [])
        .filter(({ name }) => !name.startsWith("_"))
        .map(({ name, type }) => [name, type]),
    );
    expect(types).toEqual({
      id: { kind: "integer" },
      n: { kind: "numeric", precision: 8, scale: 2 },
      at: { kind: "timestamptz" },
      big: { kind: "bigint" },
      s: { kind: "text" },
    });
  });

  check(
    "adds columns in the middle of a commit, and those rows stay unchanged that have no value for them",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", plain);
      await pipeline.write("t", [{ id: 1 }, { id: 2 }]);
      await pipeline.commit();
      await pipeline.write("t", [{ id: 1 }]);
      const changes = await pipeline.write("t", [{ id: 2, added: "x" }]);
      expect(changes.map(({ kind, column }) => [kind, column])).toEqual([["add-column", "added"]]);
      expectCounts(context, await pipeline.commit(), { unchanged: 1, updated: 1 });
      await expectRows([{ id: 1 }, { id: 2, added: "x" }]);
    },
    "merge",
  );

  check(
    "grows a table in the commit that creates it",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", plain);
      await pipeline.write("t", [
        { id: 1, v: 1 },
        { id: 2, v: 1 },
      ]);
      await pipeline.write("t", [
        { id: 2, v: 5_000_000_000 },
        { id: 3, w: "new" },
      ]);
      await pipeline.write("t", [{ id: 3, v: "text" }]);
      expectCounts(context, await pipeline.commit(), { inserted: 3, duplicates: 2 });
      await expectRows([
        { id: 1, v: "1" },
        { id: 2, v: "5000000000" },
        { id: 3, v: "text" },
      ]);
      await pipeline.write("t", [
        { id: 1, v: 1 },
        { id: 2, v: 5_000_000_000 },
      ]);
      expectCounts(context, await pipeline.commit(), { unchanged: 2 });
    },
    "merge",
  );

  check(
    "widens columns without changing rows",
    async ({ open, rows }) => {
      const pipeline = await open();
      await pipeline.table("t", plain);
      const before = { a: 5, b: "2026-01-02", c: 7, d: true };
      await pipeline.write("t", [
        { id: 1, ...before },
        { id: 2, ...before },
      ]);
      await pipeline.commit();
      await pipeline.write("t", [{ id: 1, ...before }]);
      const changes = await pipeline.write("t", [
        { id: 2, a: 5_000_000_000, b: "2026-01-02T03:04:05", c: "seven", d: { e: 1 } },
      ]);
      expect(changes.map(({ kind, column }) => `${kind} ${column}`).toSorted()).toEqual([
        "widen-column a",
        "widen-column b",
        "widen-column c",
        "widen-column d",
      ]);
      expectCounts(context, await pipeline.commit(), { unchanged: 1, updated: 1 });
      await pipeline.write("t", [{ id: 1, ...before }]);
      expectCounts(context, await pipeline.commit(), { unchanged: 1 });
      const [one, two] = await rows();
      expect(one).toEqual({ id: 1, a: 5, b: Date.UTC(2026, 0, 2) * 1_000, c: "7", d: "true" });
      expect(two).toEqual({
        id: 2,
        a: 5_000_000_000,
        b: Date.UTC(2026, 0, 2, 3, 4, 5) * 1_000,
        c: "seven",
        d: '{"e":1}',
      });
    },
    "merge",
  );

  check(
    "widens a key column and still finds its rows",
    async ({ open, expectRows }) => {
      const pipeline = await open();
      await pipeline.table("t", plain);
      await pipeline.read("t", [{ id: 1 }, { id: 2 }]);
      await pipeline.commit();
      await pipeline.read("t", [{ id: 1 }, { id: "x" }]);
      expectCounts(context, await pipeline.commit(), { unchanged: 1, inserted: 1, removed: 1 });
      await expectRows([{ id: "1" }, { id: "x" }]);
    },
    "merge",
  );

  check("appends to a table that has grown, and keeps the rows it has", async ({ open, expectRows }) => {
    const first = await open();
    await first.table("t", { mode: "append" });
    const before = { a: 5, b: "2026-01-02", c: 7, d: true };
    await first.write("t", [{ id: 1, ...before }]);
    await first.commit();
    await first.write("t", [{ id: 2, ...before }]);
    const changes = await first.write("t", [
      { id: 3, a: 5_000_000_000, b: "2026-01-02T03:04:05", c: "seven", d: { e: 1 }, added: 1 },
    ]);
    expect(changes.map(({ kind, column }) => `${kind} ${column}`).toSorted()).toEqual([
      "add-column added",
      "widen-column a",
      "widen-column b",
      "widen-column c",
      "widen-column d",
    ]);
    expectCounts(context, await first.commit({ final: true }), { inserted: 2 });
    await first.close();
    const second = await open();
    expect(await second.table("t", { mode: "append" })).toEqual([]);
    await second.write("t", [{ id: 4, c: 8 }]);
    await second.commit();
    const old = { a: 5, b: Date.UTC(2026, 0, 2) * 1_000, c: "7", d: "true" };
    const b = Date.UTC(2026, 0, 2, 3, 4, 5) * 1_000;
    await expectRows([
      { id: 1, ...old },
      { id: 2, ...old },
      { id: 3, a: 5_000_000_000, b, c: "seven", d: '{"e":1}', added: 1 },
      { id: 4, c: "8" },
    ]);
  });

  check("refuses a second pipeline for a table that is owned", async ({ open, expectRows }) => {
    const first = await open({ pipeline: "one" });
    await first.table("t", plain);
    await first.write("t", [{ id: 1 }]);
    await first.commit();
    await first.close();
    const second = await open({ pipeline: "two" });
    await second.table("t", plain).then(
      () =>
        expectFailure(
          context,
          second.write("t", [{ id: 2 }]).then(() => second.commit()),
          "MLR_TABLE_OWNED",
        ),
      (error: unknown) => expectFailure(context, Promise.reject(error as Error), "MLR_TABLE_OWNED"),
    );
    await expectRows([{ id: 1 }]);
  });

  check(
    "lets pipelines share a table by a discriminator, each removing its own rows",
    async ({ open, expectRows }) => {
      const shared = (value: string): TableOptions => ({
        key: ["shop", "id"],
        mode: "merge",
        discriminator: { column: "shop", value },
      });
      for (const shop of ["a", "b"]) {
        const pipeline = await open({ pipeline: shop });
        await pipeline.table("t", shared(shop));
        await pipeline.read("t", [
          { id: 1, shop },
          { id: 2, shop },
        ]);
        expectCounts(context, await pipeline.commit({ final: true }), { inserted: 2 });
        await pipeline.close();
      }
      const again = await open({ pipeline: "a" });
      await again.table("t", shared("a"));
      await again.read("t", [{ id: 2, shop: "a" }]);
      expectCounts(context, await again.commit(), { unchanged: 1, removed: 1 });
      await again.close();
      await expectRows([
        { id: 1, shop: "b" },
        { id: 2, shop: "a" },
        { id: 2, shop: "b" },
      ]);
    },
    "merge",
  );

  check("writes several tables in one commit", async ({ open, expectRows }) => {
    const pipeline = await open();
    await pipeline.table("t", plain);
    await pipeline.table("u", { mode: "append" });
    await pipeline.write("t", [{ id: 1 }]);
    await pipeline.write("u", [{ n: 1 }, { n: 2 }]);
    const result = await pipeline.commit();
    expectCounts(context, result, { inserted: 1 }, "t");
    expectCounts(context, result, { inserted: 2 }, "u");
    await expectRows([{ n: 1 }, { n: 2 }], "u");
  });
}
