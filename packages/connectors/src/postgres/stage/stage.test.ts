import { describe, expect, test } from "vitest";
import type { PlacedTable } from "../ddl/create-table.ts";
import { Fingerprints } from "./fingerprints.ts";
import { compileKeyHash } from "./key-hash.ts";
import { KeySet } from "./key-set.ts";
import { KeyTracker } from "./key-tracker.ts";
import { SeenLog } from "./seen-log.ts";

/** Numbers of 32 bits that are spread as hashes are, the same in every run. */
function hashes(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
  };
}

describe("the set of keys", () => {
  test("never misses a key that came before, however large it gets", () => {
    const set = new KeySet();
    const next = hashes();
    const keys = [0, ...Array.from({ length: 200_000 }, next)];
    let surprises = 0;
    for (const key of new Set(keys)) if (set.add(key)) surprises++;
    expect(surprises).toBe(0);
    for (const key of keys) if (!set.add(key)) surprises++;
    expect(surprises).toBe(0);
    set.clear();
    expect(set.add(keys[7] ?? 0)).toBe(false);
  });

  test("says yes to everything once it may not grow any more", () => {
    const set = new KeySet(16 * 1024);
    const next = hashes();
    for (let i = 0; i < 20_000; i++) set.add(next());
    expect(set.full).toBe(true);
    const more = Array.from({ length: 1_000 }, () => set.add(next()));
    expect(more.every(Boolean)).toBe(true);
  });
});

describe("the hash of a key", () => {
  const columns = [
    { name: "a", type: { kind: "bigint" as const } },
    { name: "b", type: { kind: "text" as const } },
  ];
  const hash = compileKeyHash("t", ["a", "b"], columns);

  test("is the same for the same key and differs with each part, with sign, size and order", () => {
    const keys = [
      { a: 1, b: "x" },
      { a: -1, b: "x" },
      { a: 2 ** 40, b: "x" },
      { a: 2 ** 40 + 1, b: "x" },
      { a: 2n ** 60n, b: "x" },
      { a: 1, b: "xx" },
      { a: 1, b: "" },
      { a: 1, b: "é" },
    ];
    expect(new Set(keys.map(hash)).size).toBe(keys.length);
    expect(keys.map(hash)).toEqual(keys.map((key) => hash({ ...key, other: 1 })));
  });

  test("fails for a key without a value, naming the column", () => {
    expect(() => hash({ a: 1 })).toThrow(
      expect.objectContaining({ code: "MLR_ROW_KEY_MISSING", details: { table: "t", column: "b" } }),
    );
  });
});

describe("fingerprints", () => {
  test("finds what was added and not removed, through growth and removals", () => {
    const prints = new Fingerprints({ maxBytes: 10_000_000, expected: 10 });
    const next = hashes();
    const pairs = Array.from({ length: 50_000 }, () => [next(), next()] as const);
    for (const [high, low] of pairs) expect(prints.add(high, low)).toBe(true);
    for (const [high, low] of pairs.slice(0, 10_000)) prints.remove(high, low);
    expect(prints.size).toBe(40_000);
    expect(pairs.filter(([high, low]) => prints.find(high, low) >= 0)).toEqual(pairs.slice(10_000));
    for (const [high, low] of pairs.slice(0, 5)) prints.add(high, low);
    expect(prints.size).toBe(40_005);
  });

  test("tells which were not hit, and forgets hits", () => {
    const prints = new Fingerprints({ maxBytes: 1_000_000, expected: 100 });
    for (let i = 1; i <= 100; i++) prints.add(i * 40_000_000, i);
    for (let i = 1; i <= 90; i++) prints.hit(prints.find(i * 40_000_000, i));
    prints.remove(100 * 40_000_000, 100);
    const unhit = (): number[] =>
      [...prints.unhit(4)].flatMap((part) =>
        Array.from({ length: part.length / 8 }, (_, i) => part.readUInt32BE(i * 8 + 4)),
      );
    expect(unhit().toSorted((a, b) => a - b)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99]);
    expect(prints.hits).toBe(90);
    prints.forgetHits();
    expect(unhit()).toHaveLength(99);
  });

  test("refuses more than its memory holds", () => {
    const prints = new Fingerprints({ maxBytes: 9_000, expected: 10 });
    const next = hashes();
    let added = 0;
    while (prints.add(next(), next())) added++;
    expect(added).toBeLessThanOrEqual(Fingerprints.capacity(9_000));
    expect(added).toBeGreaterThan(500);
  });
});

test("what was seen comes out byte by byte as it stands in the hashes, full parts first", () => {
  const log = new SeenLog();
  const part = 256 * 1024;
  const rows = 4 * part + 3;
  for (let i = 0; i < 4 * part; i++) log.add(0x01020304, i);
  expect(log.isLarge).toBe(false);
  for (let i = 4 * part; i < rows; i++) log.add(0x01020304, i);
  expect(log.rows).toBe(rows);
  expect(log.isLarge).toBe(true);
  const full = log.takeFull();
  expect(full.map(({ length }) => length)).toEqual([8 * part, 8 * part, 8 * part, 8 * part]);
  expect(full[0]?.subarray(8, 16).toString("hex")).toBe("0102030400000001");
  expect(log.isLarge).toBe(false);
  const rest = log.peek();
  expect(Buffer.concat(rest).toString("hex")).toBe("010203040010000001020304001000010102030400100002");
  expect(log.peek()).toEqual(rest);
  log.clear();
  expect([log.rows, log.peek()]).toEqual([0, []]);
});

describe("the tracker of keys", () => {
  const table = (kind: "integer" | "text" | "bytea"): PlacedTable => ({
    name: "t",
    namespace: "public",
    columns: [{ name: "id", type: { kind } }],
    key: ["id"],
    mode: "merge",
  });
  const digits = (i: number): string => String(i).padStart(9, "0");

  test.each([
    ["numbers in order", "integer", (i: number) => i],
    ["texts in order", "text", digits],
    ["numbers in no order", "integer", (i: number) => (i * 7_919) % 200_003],
    ["texts in no order", "text", (i: number) => digits((i * 7_919) % 200_003)],
    ["bytes", "bytea", (i: number) => Buffer.from(digits(i))],
  ] as const)("says that new keys are new and never misses one that came: %s", (_name, kind, id) => {
    const tracker = new KeyTracker(table(kind));
    let surprises = 0;
    for (let i = 0; i < 150_000; i++) if (tracker.add({ id: id(i) })) surprises++;
    // Hashes of 32 bits are shared by a few: SQL looks at those again.
    expect(surprises).toBeLessThan(20);
    const again = [0, 1, 70_000, 149_999].map((i) => tracker.add({ id: id(i) }));
    expect(again).toEqual([true, true, true, true]);
    tracker.clear();
    expect(tracker.add({ id: id(1) })).toBe(false);
  });

  test("a few keys out of order among many in order count as suspects, not as lost", () => {
    const tracker = new KeyTracker(table("integer"));
    for (let id = 0; id < 100_000; id++) tracker.add({ id });
    expect([tracker.add({ id: -1 }), tracker.add({ id: 5 }), tracker.add({ id: 200_000 })]).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => tracker.add({ id: null })).toThrow(expect.objectContaining({ code: "MLR_ROW_KEY_MISSING" }));
  });
});
