import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Journal } from "./journal.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "millrace-journal-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const payload = (n: number, bytes = 10): Buffer => Buffer.from(String(n).padStart(bytes, "0"));
const text = (records: readonly { payload: Uint8Array }[]): number[] =>
  records.map((record) => Number(Buffer.from(record.payload).toString()));

async function all(journal: Journal, after = 0, maxBytes?: number): Promise<number[]> {
  const found: number[] = [];
  for (let at = after; ;) {
    const records = await journal.read(at, maxBytes);
    const last = records.at(-1);
    if (last === undefined) return found;
    found.push(...text(records));
    at = last.number;
  }
}
const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i);

it("gives records back in their order, also after it was opened again, in files of bounded size", async () => {
  const journal = await Journal.open({ directory, segmentBytes: 200 });
  for (const n of upTo(50)) expect(await journal.append(payload(n))).toBe(n);
  expect(await all(journal, 0, 60)).toEqual(upTo(50));
  expect(await all(journal, 44)).toEqual(upTo(50, 45));
  await journal.close();
  await journal.close();
  expect((await readdir(directory)).length).toBeGreaterThan(5);
  const again = await Journal.open({ directory, segmentBytes: 200 });
  expect({ first: again.first, next: again.next, records: again.records, lost: again.lostBytes }).toEqual({
    first: 1,
    next: 51,
    records: 50,
    lost: 0,
  });
  expect(await again.append(payload(51))).toBe(51);
  expect(await all(again, 40)).toEqual(upTo(51, 41));
  await again.close();
});

it("reads a record that is larger than what is to be read at once", async () => {
  const journal = await Journal.open({ directory });
  await journal.append(payload(1, 100_000));
  await journal.append(payload(2, 10));
  expect(await all(journal, 0, 1_000)).toEqual([1, 2]);
  await journal.close();
});

it("deletes files when their records are trimmed, and goes on counting", async () => {
  const journal = await Journal.open({ directory, segmentBytes: 200 });
  for (const n of upTo(20)) await journal.append(payload(n));
  await journal.trim(11);
  expect(journal.first).toBeLessThanOrEqual(12);
  expect(await all(journal, 11)).toEqual(upTo(20, 12));
  await journal.trim(20);
  expect({ bytes: journal.bytes, records: journal.records, first: journal.first }).toEqual({
    bytes: 0,
    records: 0,
    first: 21,
  });
  expect(await journal.append(payload(21))).toBe(21);
  await journal.close();
});

it("refuses what it has no room for, and takes it when there is room again", async () => {
  const journal = await Journal.open({ directory, maxBytes: 26 * 4, segmentBytes: 26 * 2 });
  for (const n of upTo(4)) expect(await journal.append(payload(n))).toBe(n);
  expect(await journal.append(payload(5))).toBeUndefined();
  expect(await all(journal)).toEqual(upTo(4));
  expect(await journal.dropOldest()).toBe(2);
  expect(await journal.append(payload(5))).toBe(5);
  expect(await all(journal)).toEqual([3, 4, 5]);
  await journal.close();
});

it.each([
  ["a header that was cut", Buffer.from([1, 2, 3])],
  ["a length without its bytes", Buffer.from([200, 0, 0, 0, 1, 1, 1, 1, 4, 0, 0, 0, 0, 0, 0, 0, 9])],
  ["zeros, as a file system leaves them after a crash", Buffer.alloc(500)],
])("cuts off %s behind the last record", async (_, rest) => {
  const journal = await Journal.open({ directory });
  for (const n of upTo(3)) await journal.append(payload(n));
  await journal.close();
  const [name = ""] = await readdir(directory);
  await appendFile(path.join(directory, name), rest);
  const again = await Journal.open({ directory });
  expect(again.lostBytes).toBe(rest.length);
  expect(await again.append(payload(4))).toBe(4);
  expect(await all(again)).toEqual(upTo(4));
  await again.close();
});

it("notices a byte that changed, and keeps what stands before it", async () => {
  const journal = await Journal.open({ directory });
  for (const n of upTo(3)) await journal.append(payload(n));
  await journal.close();
  const [name = ""] = await readdir(directory);
  const file = path.join(directory, name);
  const bytes = await readFile(file);
  bytes[26 + 20] = 0x58;
  await writeFile(file, bytes);
  const again = await Journal.open({ directory });
  expect(await all(again)).toEqual([1]);
  expect(again.lostBytes).toBe(52);
  await again.close();
});

it("starts counting where it is told to, and leaves other files alone", async () => {
  await writeFile(path.join(directory, "notes.txt"), "mine");
  const journal = await Journal.open({ directory, firstNumber: 100 });
  expect(await journal.append(payload(100))).toBe(100);
  await journal.trim(100);
  journal.skipTo(200);
  expect(await journal.append(payload(200))).toBe(200);
  expect(await all(journal, 99)).toEqual([200]);
  await journal.close();
  expect(await readFile(path.join(directory, "notes.txt"), "utf8")).toBe("mine");
});

it("goes on behind a damaged file with the next one", async () => {
  const journal = await Journal.open({ directory, segmentBytes: 26 * 3 });
  for (const n of upTo(9)) await journal.append(payload(n));
  await journal.close();
  const names = (await readdir(directory)).toSorted();
  const file = path.join(directory, names[1] ?? "");
  const bytes = await readFile(file);
  bytes[26 + 20] = 0x58;
  await writeFile(file, bytes);
  const again = await Journal.open({ directory });
  expect(await all(again)).toEqual([1, 2, 3, 4, 7, 8, 9]);
  expect(again.lostBytes).toBe(52);
  await again.close();
});
