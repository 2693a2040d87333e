import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeBed, type Bed } from "./bed.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await makeBed();
});
beforeEach(() =>
  bed.db.execute(`DROP TABLE IF EXISTS events;
    CREATE TABLE events (id int PRIMARY KEY, at timestamp, seq bigint, day date)`),
);
afterAll(() => bed.close());

const insert = async (...events: readonly (readonly [id: number, at: string | null])[]): Promise<void> => {
  const rows = events.map(([id, at]) => ({ id, at, seq: id, day: at?.slice(0, 10) ?? null }));
  await bed.db.load(rows, { table: "events" });
};
const ids = ({ rows }: { readonly rows: readonly Record<string, unknown>[] }): unknown[] =>
  rows.map(({ id }) => id);
const byTime = { table: "events", cursor: { column: "at" } };

test("reads what is new, also what comes later with the greatest value, and nothing twice", async () => {
  await insert([1, "2026-01-01T10:00:00"], [2, "2026-01-01T11:00:00"]);
  const first = await bed.read(byTime);
  expect(ids(first)).toEqual([1, 2]);
  expect(first.told).not.toContain("begin");
  await insert([3, "2026-01-01T11:00:00"], [4, "2026-01-01T12:00:00"], [5, "2026-01-01T09:00:00"]);
  const second = await bed.read(byTime, { state: first.state });
  expect(ids(second)).toEqual([3, 4]);
  const third = await bed.read(byTime, { state: second.state });
  expect(ids(third)).toEqual([]);
  await bed.db.execute("UPDATE events SET seq = 100 WHERE id = 4");
  expect(ids(await bed.read(byTime, { state: third.state }))).toEqual([4]);
});

test("sends rows at the boundary again where they land once anyway", async () => {
  await insert([1, "2026-01-01T10:00:00"], [2, "2026-01-01T11:00:00"]);
  const first = await bed.read(byTime, { idempotent: true });
  expect(JSON.stringify(first.state)).not.toContain("seen");
  const second = await bed.read(byTime, { state: first.state, idempotent: true });
  expect(ids(second)).toEqual([2]);
});

test.each([
  [{ column: "at", lag: "2 hours" }, 3],
  [{ column: "at", lag: 7_200 }, 3],
  [{ column: "at", lag: "1 hour" }, 2],
  [{ column: "day", lag: "1 day" }, 4],
])("looks again for late rows within a lag of %j, and sends none twice", async (cursor, late) => {
  const options = { table: "events", cursor };
  await insert([1, "2026-01-02T08:00:00"], [2, "2026-01-02T12:00:00"]);
  const first = await bed.read(options);
  await insert(
    [3, "2026-01-02T12:00:00.000001"],
    [4, "2026-01-02T11:30:00"],
    [5, "2026-01-02T10:30:00"],
    [6, "2026-01-01T23:00:00"],
  );
  const second = await bed.read(options, { state: first.state });
  expect(second.rows).toHaveLength(late);
  const third = await bed.read(options, { state: second.state });
  expect(ids(third)).toEqual([]);
  expect((await bed.read(options, { state: first.state, idempotent: true })).rows.length).toBeGreaterThan(
    late,
  );
});

test("counts a lag of numbers in the column's own unit", async () => {
  const options = { table: "events", cursor: { column: "seq", lag: 10 } };
  await insert([100, null], [101, null]);
  const first = await bed.read(options);
  await insert([95, null], [90, null], [102, null]);
  expect(ids(await bed.read(options, { state: first.state }))).toEqual([95, 102]);
});

test("sends nothing twice where the lag is changed between runs", async () => {
  await insert([1, "2026-01-02T08:00:00"], [2, "2026-01-02T12:00:00"]);
  const first = await bed.read(byTime);
  const wider = { table: "events", cursor: { column: "at", lag: "8 hours" } };
  await insert([3, "2026-01-02T11:00:00"], [4, "2026-01-02T13:00:00"]);
  const second = await bed.read(wider, { state: first.state });
  expect(ids(second)).toEqual([4]);
  await insert([5, "2026-01-02T12:30:00"]);
  const third = await bed.read(wider, { state: second.state });
  expect(ids(third)).toEqual([5]);
  expect(ids(await bed.read(byTime, { state: third.state }))).toEqual([]);
});

test("begins where it is told to, and with --since without changing what is kept", async () => {
  await insert([1, "2026-01-01T10:00:00"], [2, "2026-01-01T11:00:00"], [3, "2026-01-01T12:00:00"]);
  const from = { table: "events", cursor: { column: "at", start: "2026-01-01T11:00:00" } };
  expect(ids(await bed.read(from))).toEqual([2, 3]);
  const all = await bed.read(byTime);
  const since = await bed.read(byTime, { state: all.state, since: "2026-01-01T11:00" });
  expect(ids(since)).toEqual([2, 3]);
  expect(since.state).toBeUndefined();
});

test("says that rows without a value are not read", async () => {
  await insert([1, "2026-01-01T10:00:00"], [2, null]);
  const { rows, logs } = await bed.read(byTime);
  expect(rows).toHaveLength(1);
  expect(logs).toEqual([
    expect.stringMatching(/^warn: .*rows without a value in the cursor column "at" are not read/),
  ]);
});

test("goes on in the middle after an interruption, also among equal values", async () => {
  const many = Array.from(
    { length: 30 },
    (_, id) => [id, `2026-01-01T10:00:0${Math.floor(id / 10)}`] as const,
  );
  await insert(...many);
  const options = { ...byTime, chunkRows: 4, batchRows: 4 };
  let state: Awaited<ReturnType<Bed["read"]>>["state"];
  const got: unknown[] = [];
  for (let again = 0; again < 12; again++) {
    const part = await bed.read(options, { state, stop: ({ type }) => type === "checkpoint" });
    got.push(...ids(part));
    state = part.state ?? state;
  }
  expect(got.toSorted((a, b) => Number(a) - Number(b))).toEqual(many.map(([id]) => id));
});

test("keeps to what it can remember where very many rows share a value, and says what that costs", async () => {
  await bed.db.execute("INSERT INTO events SELECT n, '2026-01-01', n FROM generate_series(1, 25000) AS n");
  const options = { ...byTime, chunkRows: 1_000 };
  const first = await bed.read(options);
  expect(first.rows).toHaveLength(25_000);
  expect(first.logs.join()).toContain("not all can be remembered");
  const second = await bed.read(options, { state: first.state });
  expect(second.rows).toEqual([]);
  // Interrupted among them, a reading never goes on behind rows that it did not pass on.
  const cut = await bed.read(options, {
    stop: (message) => message.type === "rows" && Number(message.rows.at(-1)?.["id"]) >= 20_000,
  });
  const rest = await bed.read(options, { state: cut.state });
  const all = new Set([...ids(cut), ...ids(rest)]);
  expect(all.size).toBe(25_000);
});

test.each([
  [{ column: "at", lag: "soon" }, /"soon" is no duration/],
  [{ column: "name", lag: 5 }, /no column "name"/],
  [{ column: "seq", lag: "2 hours" }, /cannot be taken from column "seq", which is bigint/],
])("refuses the cursor %j", async (cursor, message) => {
  await insert([1, null]);
  await expect((async () => bed.read({ table: "events", cursor }))()).rejects.toMatchObject({
    code: "MLR_ARGUMENT_INVALID",
    message: expect.stringMatching(message) as string,
  });
});
