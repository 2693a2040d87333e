import { transformContext } from "@millrace/core/testing";
import { pipeline, type Row } from "@millrace/core";
import { describe, expect, it } from "vitest";
import { mapBatch } from "./map-batch.ts";
import { map } from "./map.ts";
import { apply, rowsOf } from "./test/apply.ts";

const numbers = (count: number): Row[] => Array.from({ length: count }, (_, n) => ({ n }));

describe("map", () => {
  it("takes a row, several rows or nothing for each row", async () => {
    const transform = map((row: { n: number }) =>
      row.n === 1 ? null : row.n === 2 ? [] : row.n === 3 ? [{ n: 30 }, { n: 31 }] : { n: row.n },
    );
    const { batches } = await apply(transform, numbers(5));
    expect(batches).toEqual([
      { stream: "t", rows: [{ n: 0 }, { n: 30 }, { n: 31 }, { n: 4 }], at: [0, 3, 3, 4] },
    ]);
  });

  it("returns at once where nothing is async", () => {
    const result = map((row) => row).apply({ stream: "t", rows: numbers(2) }, transformContext());
    expect(result).not.toBeInstanceOf(Promise);
  });

  it("keeps the order of async calls and never has more under way than it may", async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    let active = 0;
    const transform = map(
      async (row: { n: number }) => {
        most = Math.max(most, ++active);
        await new Promise<void>((resolve) => waiting.push(resolve));
        active--;
        return { n: row.n * 10 };
      },
      { concurrency: 3 },
    );
    const done = rowsOf(transform, numbers(7));
    let finished = false;
    void done.finally(() => (finished = true));
    while (!finished) {
      // The last one that came ends first.
      waiting.pop()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await done).toEqual(numbers(7).map(({ n }) => ({ n: Number(n) * 10 })));
    expect(most).toBe(3);
  });

  it("fails with the row when an async call rejects, and waits for the others that are under way", async () => {
    let ended = 0;
    const transform = map(async (row: { n: number }) => {
      await Promise.resolve();
      if (row.n === 1) throw new Error("no answer");
      ended++;
      return row;
    });
    await expect(apply(transform, numbers(4))).rejects.toThrow(/stream "t": no answer\. The row: \{ n: 1 \}/);
    expect(ended).toBe(3);
  });

  it("rejects rows instead of failing where it is told to, sync and async", async () => {
    const fail = (row: { n: number }): Row => {
      if (row.n === 1) throw new RangeError("one");
      return row;
    };
    for (const fn of [fail, async (row: { n: number }) => fail(row)]) {
      const { batches, rejected } = await apply(map(fn, { onError: "reject" }), numbers(3));
      expect(batches[0]).toMatchObject({ rows: [{ n: 0 }, { n: 2 }], at: [0, 2] });
      expect(rejected).toEqual([
        {
          row: { n: 1 },
          reason: { code: "MLR_TRANSFORM_FAILED", message: expect.stringContaining("RangeError: one") },
        },
      ]);
    }
  });

  it("starts nothing more once the run is stopped", async () => {
    const stop = new AbortController();
    let calls = 0;
    const transform = map(
      async (row) => {
        if (++calls === 2) stop.abort();
        await Promise.resolve();
        return row;
      },
      { concurrency: 1 },
    );
    const result = transform.apply(
      { stream: "t", rows: numbers(5) },
      transformContext({ signal: stop.signal }),
    );
    await expect(result).rejects.toThrow(expect.objectContaining({ code: "MLR_RUN_STOPPED" }));
    expect(calls).toBe(2);
  });

  it.each([
    ["a text", "x"],
    ["a number", 1],
    ["an array of texts", ["x"]],
    ["a nested array", [[{}]]],
  ])("refuses a function that returns %s", async (_what, value) => {
    await expect(
      apply(
        map(() => value as unknown as Row),
        [{}],
      ),
    ).rejects.toThrow(/return a row, an array of rows, or null/);
  });

  it("refuses a concurrency below one", () => {
    expect(() => map((row) => row, { concurrency: 0 })).toThrow(/concurrency/);
  });
});

describe("a plain function in transforms", () => {
  it("is called for each row", async () => {
    const destination = {
      kind: "none",
      tableFor: () => undefined,
      destination: () => Promise.reject(new Error("unused")),
    };
    const { transforms } = pipeline("p", {
      source: () => [],
      transforms: [(row) => ({ ...row, b: 1 })],
      destination,
    });
    const [transform] = transforms ?? [];
    if (transform === undefined) throw new Error("there is no transform");
    expect(await rowsOf(transform, [{ a: 1 }])).toEqual([{ a: 1, b: 1 }]);
  });
});

describe("mapBatch", () => {
  it("puts what the function returns in the place of the rows", async () => {
    const transform = mapBatch(async (rows, { stream }) => [...rows.toReversed(), { n: stream }]);
    const { batches } = await apply(transform, numbers(2), { at: [5, 6] });
    expect(batches).toEqual([{ stream: "t", rows: [{ n: 1 }, { n: 0 }, { n: "t" }], at: [6, 5, -1] }]);
  });

  it("takes as many new rows to be the same rows in the same order", async () => {
    const { batches } = await apply(
      mapBatch((rows) => rows.map((row) => ({ ...row }))),
      numbers(2),
      { at: [5, 6] },
    );
    expect(batches[0]?.at).toEqual([5, 6]);
  });

  it("fails where the function throws or returns something else", async () => {
    await expect(
      apply(
        mapBatch(() => null as unknown as Row[]),
        [{}],
      ),
    ).rejects.toThrow(/return an array of rows/);
    await expect(
      apply(
        mapBatch(async () => JSON.parse("{")),
        [{}],
      ),
    ).rejects.toThrow(expect.objectContaining({ code: "MLR_TRANSFORM_FAILED" }));
  });
});
