import { describe, expect, it } from "vitest";
import { z } from "zod";
import { check } from "./check.ts";
import { apply, rowsOf } from "./test/apply.ts";

const Quake = z.object({
  id: z.string(),
  mag: z.coerce.number().max(10),
  place: z.object({ name: z.string().default("somewhere") }).optional(),
});

/** A schema of a library that is not zod. */
const handMade = (validate: (value: unknown) => unknown): Parameters<typeof check>[0] => ({
  "~standard": { version: 1, vendor: "by hand", validate: validate as never },
});

describe("check", () => {
  it("puts the schema's output in the row's place", async () => {
    expect(await rowsOf(check(Quake), [Object.freeze({ id: "a", mag: "4.5", place: {}, more: 1 })])).toEqual([
      { id: "a", mag: 4.5, place: { name: "somewhere" } },
    ]);
  });

  it("rejects rows that do not fit, naming path and message", async () => {
    const rows = [
      { id: "a", mag: 1 },
      { id: 5, mag: 99, place: { name: 1 } },
      { id: "c", mag: 2 },
    ];
    const { batches, rejected } = await apply(check(Quake), rows, { at: [1, 2, 3] });
    expect(batches).toEqual([{ stream: "t", rows: [rows[0], rows[2]], at: [1, 3] }]);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]?.row).toBe(rows[1]);
    expect(rejected[0]?.reason).toEqual({
      code: "MLR_ROW_INVALID",
      message: expect.stringMatching(/^id: .*; mag: .*; place\.name: /),
    });
  });

  it("waits for async schemas and keeps the order", async () => {
    const schema = z.object({ n: z.number() }).refine(async ({ n }) => Promise.resolve(n % 2 === 0), "odd");
    const rows = Array.from({ length: 200 }, (_, n) => ({ n }));
    const { batches, rejected } = await apply(check(schema), rows);
    expect(batches[0]?.rows).toEqual(rows.filter(({ n }) => n % 2 === 0));
    expect(batches[0]?.at?.[99]).toBe(198);
    expect(rejected).toHaveLength(100);
    expect(rejected[0]?.reason.message).toBe("odd");
  });

  it("reads issue paths given as segments", async () => {
    const schema = handMade(() => ({ issues: [{ message: "bad", path: [{ key: "a" }, 0] }] }));
    expect((await apply(check(schema), [{}])).rejected[0]?.reason.message).toBe("a.0: bad");
  });

  it("fails the run with onError fail", async () => {
    await expect(apply(check(Quake, { onError: "fail" }), [{ id: 1 }])).rejects.toThrow(
      expect.objectContaining({ code: "MLR_TRANSFORM_FAILED", message: expect.stringContaining("id:") }),
    );
  });

  it("fails the run where the schema itself is broken: that says nothing about the row", async () => {
    const sync = handMade(() => JSON.parse("{"));
    const async_ = handMade(async () => Promise.reject(new Error("down")));
    const scalar = handMade((value) => ({ value: String(value) }));
    for (const schema of [sync, async_, scalar]) {
      await expect(apply(check(schema), [{ a: 1 }])).rejects.toThrow(
        expect.objectContaining({ code: "MLR_TRANSFORM_FAILED" }),
      );
    }
  });

  it("refuses what is no Standard Schema", () => {
    expect(() => check({} as never)).toThrow(/no Standard Schema/);
  });
});
