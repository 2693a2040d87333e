import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Spool, type SpoolOptions } from "./spool.ts";

let directory: string;
const never = new AbortController().signal;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "millrace-spool-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const clock = manualClock();
async function open(
  over: Partial<SpoolOptions> = {},
  committed = 0,
): Promise<{ spool: Spool; positions: Readonly<Record<string, unknown>> }> {
  const spool = new Spool({
    clock,
    memoryRows: 5,
    directory,
    maxBytes: 1024 ** 2,
    whenFull: "pause",
    onRoom: () => undefined,
    onDropped: () => undefined,
    onError: (error) => {
      throw error;
    },
    ...over,
  });
  return { spool, positions: await spool.open(committed) };
}

function add(spool: Spool, id: number, rows = 1): void {
  const made = Array.from({ length: rows }, (_, i) => ({ id, i, big: 2n ** 70n, at: new Date(id) }));
  spool.add({
    receivedAt: id,
    rows,
    streams: [{ stream: "t", rows: made, rejected: [] }],
    positions: { last: id },
  });
}

/** The ids of the rows of the next cuts, up to this many. */
async function take(spool: Spool, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    for (const cut of await spool.take(never, 1)) ids.push(Number(cut.streams[0]?.rows[0]?.["id"]));
  }
  return ids;
}
const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it("hands cuts out in order, and again from the committed one when a reading begins anew", async () => {
  const { spool } = await open();
  for (const id of upTo(4)) add(spool, id);
  expect(await take(spool, 4)).toEqual([1, 2, 3, 4]);
  await spool.committed(2);
  spool.rewind();
  expect(await take(spool, 2)).toEqual([3, 4]);
  expect(spool.rows).toBe(2);
  await spool.committed(4);
  expect(spool.rows).toBe(0);
  expect(await readdir(directory)).toEqual([]);
  await spool.close();
});

it("goes to the disk where memory has no room, comes back in order, and returns to memory", async () => {
  const { spool } = await open();
  for (const id of upTo(40)) add(spool, id);
  expect(await take(spool, 20)).toEqual(upTo(20));
  for (const id of upTo(50, 41)) add(spool, id);
  expect(await take(spool, 30)).toEqual(upTo(50, 21));
  await spool.committed(50);
  expect(spool.journal).toMatchObject({ rows: 0, bytes: 0 });
  expect(await spool.rest(1)).toEqual([]);
  expect(spool.journal.spilling).toBe(false);
  add(spool, 51);
  expect(await take(spool, 1)).toEqual([51]);
  expect(spool.journal.bytes).toBe(0);
  await spool.close();
});

it("keeps what was not committed for the next process, with its values and positions", async () => {
  const first = await open();
  for (const id of upTo(3)) add(first.spool, id);
  expect(await take(first.spool, 3)).toEqual([1, 2, 3]);
  await first.spool.committed(1);
  await first.spool.close();
  const { spool, positions } = await open({}, 1);
  expect(positions).toEqual({ last: 3 });
  add(spool, 4);
  const [cut] = await spool.take(never, 1);
  expect(cut?.streams[0]?.rows).toEqual([{ id: 2, i: 0, big: 2n ** 70n, at: new Date(2) }]);
  expect(await take(spool, 2)).toEqual([3, 4]);
  await spool.close();
});

it("does not hand out again what was committed, although the process before did not hear of it", async () => {
  const first = await open();
  for (const id of upTo(20)) add(first.spool, id);
  await first.spool.close();
  const { spool } = await open({}, 15);
  expect(await take(spool, 5)).toEqual(upTo(20, 16));
  await spool.committed(20);
  await spool.close();
  const last = await open({}, 20);
  add(last.spool, 21);
  const [cut] = await last.spool.take(never, 1);
  expect(cut?.number).toBe(21);
  await last.spool.close();
});

it("goes to the disk when nobody takes it for two seconds", async () => {
  const { spool } = await open({ memoryRows: 1_000 });
  add(spool, 1);
  await clock.advance(1_000);
  spool.tick();
  expect(spool.journal.spilling).toBe(false);
  await clock.advance(1_500);
  spool.tick();
  expect(spool.journal.spilling).toBe(true);
  expect(await take(spool, 1)).toEqual([1]);
  await spool.committed(1);
  await spool.close();
});

it("is full when the disk is, and has room again when something was committed", async () => {
  let room = 0;
  const { spool } = await open({ maxBytes: 4_000, onRoom: () => room++ });
  let id = 0;
  while (!spool.isBlocked) {
    add(spool, ++id);
    await new Promise(setImmediate);
  }
  expect(spool.full).toBe(true);
  const before = room;
  expect(await take(spool, id)).toEqual(upTo(id));
  await spool.committed(id - 1);
  expect(room).toBeGreaterThan(before);
  add(spool, id + 1);
  expect(await take(spool, 1)).toEqual([id + 1]);
  await spool.committed(id + 1);
  expect(spool).toMatchObject({ full: false, rows: 0 });
  await spool.close();
});

it("drops the oldest where that is its policy, and says how many", async () => {
  let dropped = 0;
  const { spool } = await open({
    maxBytes: 4_000,
    whenFull: "drop-oldest",
    onDropped: (rows) => (dropped += rows),
  });
  for (const id of upTo(200)) {
    add(spool, id);
    await new Promise(setImmediate);
  }
  while (spool.memoryRows > 0) await new Promise(setImmediate);
  expect(spool.full).toBe(false);
  expect(dropped).toBeGreaterThan(0);
  const ids = await take(spool, 200 - dropped);
  expect(ids).toEqual(upTo(200, dropped + 1));
  expect(spool.droppedRows).toBe(dropped);
  await spool.close();
});
