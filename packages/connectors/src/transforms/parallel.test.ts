import { runInThisContext } from "node:vm";
import { JsonNumber, type Row } from "@millrace/core";
import { afterEach, describe, expect, it } from "vitest";
import { parallel, type ParallelOptions } from "./parallel.ts";
import { apply, rowsOf } from "./test/apply.ts";

const module = new URL("./test/square.ts", import.meta.url);
const numbers = (count: number): Row[] => Array.from({ length: count }, (_, n) => ({ n }));

const open: { close?(): Promise<void> }[] = [];
const started = (...args: Parameters<typeof parallel>): ReturnType<typeof parallel> => {
  const transform = parallel(...args);
  open.push(transform);
  return transform;
};
const fromModule = (name: string, options: ParallelOptions = {}): ReturnType<typeof parallel> =>
  started(module, { threads: 2, ...options, export: name });

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (transform) => transform.close?.()));
});

describe("parallel", () => {
  it("runs a module's function on other threads and keeps the order", async () => {
    const rows = await rowsOf(started(module, { threads: 2, taskRows: 5 }), numbers(57));
    expect(rows.map((row) => row["squared"])).toEqual(numbers(57).map(({ n }) => Number(n) ** 2));
    expect(rows.some((row) => row["onMain"])).toBe(false);
    expect(new Set(rows.map((row) => row["thread"])).size).toBe(2);
  });

  it("sends a function by its source text", async () => {
    const transform = started((row: { n: number }) => ({ n: row.n + 1 }), { threads: 1 });
    expect(await rowsOf(transform, numbers(3))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it("lets such a function import what it needs", async () => {
    // As text, since the test runner rewrites imports.
    const text = `(async (row) => {
      const { createHash } = await import("node:crypto");
      return { hash: createHash("sha1").update(String(row.n)).digest("hex") };
    })`;
    const work = runInThisContext(text) as (row: Row) => Promise<Row>;
    expect(await rowsOf(started(work, { threads: 1 }), [{ n: 1 }])).toEqual([
      { hash: "356a192b7913b04c54574d18c28d46e6395428ab" },
    ]);
  });

  it("says that such a function can use nothing from outside", async () => {
    const factor = Number("2");
    const transform = started((row: { n: number }) => ({ n: row.n * factor }), { threads: 1 });
    await expect(apply(transform, numbers(1))).rejects.toThrow(/factor.*not in a module/);
  });

  it("takes several rows or none for a row, and keeps places in step", async () => {
    const { batches } = await apply(fromModule("picky"), [{ n: 1 }, { n: 2 }, { n: 4 }], { at: [7, 8, 9] });
    expect(batches[0]).toMatchObject({ rows: [{ n: 2 }, { n: -2 }, { n: 4 }, { n: -4 }], at: [8, 8, 9, 9] });
  });

  it("names the row that failed, or rejects it", async () => {
    await expect(apply(fromModule("picky", { taskRows: 2 }), numbers(5))).rejects.toThrow(
      expect.objectContaining({
        code: "MLR_TRANSFORM_FAILED",
        message: expect.stringMatching(
          /parallel square\.ts#picky.*RangeError: three is too much.*\{ n: 3 \}/,
        ),
      }),
    );
    const { batches, rejected } = await apply(fromModule("picky", { onError: "reject" }), numbers(5));
    expect(rejected.map(({ row }) => row)).toEqual([{ n: 3 }]);
    expect(batches[0]?.rows).toHaveLength(6);
  });

  it("carries dates, bytes, bigints and exact numbers there and back", async () => {
    const row = {
      d: new Date(5),
      b: new Uint8Array([1, 2]),
      i: 2n ** 60n,
      deep: [{ exact: new JsonNumber("0.10000000000000000001") }],
    };
    expect(
      await rowsOf(
        started((each: Row) => each, { threads: 1 }),
        [row],
      ),
    ).toEqual([row]);
  });

  it("fails with the row where it cannot be copied to a thread, or its result back", async () => {
    const transform = started((row: Row) => row, { threads: 1 });
    await expect(apply(transform, [{ n: 1 }, { n: 2, fn: () => 1 }])).rejects.toThrow(/n: 2/);
    await expect(apply(fromModule("givesFunction"), numbers(1))).rejects.toThrow(/could not be cloned/);
  });

  it("fails when a thread dies, and starts another one for the next batch", async () => {
    await expect(apply(fromModule("exits"), numbers(1))).rejects.toThrow(/worker thread ended with code 3/);
    const flaky = started((row: { n: number }) => (row.n === 1 ? process.exit(1) : row), { threads: 1 });
    await expect(apply(flaky, [{ n: 1 }])).rejects.toThrow(
      expect.objectContaining({ code: "MLR_TRANSFORM_FAILED" }),
    );
    expect(await rowsOf(flaky, [{ n: 2 }])).toEqual([{ n: 2 }]);
  });

  it("fails every task once where the function cannot be loaded", async () => {
    await expect(apply(fromModule("notAFunction", { taskRows: 1 }), numbers(9))).rejects.toThrow(
      /no function "notAFunction"/,
    );
    const missing = started(new URL("./test/missing.ts", import.meta.url), { threads: 1 });
    await expect(apply(missing, numbers(1))).rejects.toThrow(/missing\.ts/);
  });

  it("ends its threads when it is closed, also in the middle of work, and can be used again", async () => {
    const transform = fromModule("hangs");
    const settled = apply(transform, numbers(3)).catch((error: unknown) => error);
    await transform.close?.();
    await transform.close?.();
    expect(await settled).toMatchObject({ code: "MLR_RUN_STOPPED" });
    const again = started(module, { threads: 1 });
    await again.close?.();
    expect(await rowsOf(again, numbers(1))).toHaveLength(1);
  });

  it("refuses what cannot be sent to a thread", () => {
    expect(() => parallel(Math.max as never)).toThrow(
      expect.objectContaining({ code: "MLR_ARGUMENT_INVALID" }),
    );
    expect(() => parallel("./work.ts" as never)).toThrow(/takes a URL/);
    expect(() => parallel(module, { threads: 0 })).toThrow(/threads/);
  });
});
