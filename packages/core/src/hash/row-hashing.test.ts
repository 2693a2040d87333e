import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, expect, test } from "vitest";
import type { Row } from "../row.ts";
import type { ColumnDefinition } from "../schema/table.ts";
import { HashThread } from "./hash-thread.ts";
import { compileRowHasher } from "./row-hasher.ts";
import { RowHashing, type BatchHasher } from "./row-hashing.ts";
import { RowWriter } from "./row-writer.ts";

const columns: ColumnDefinition[] = [
  { name: "id", type: { kind: "integer" } },
  { name: "name", type: { kind: "text" } },
  { name: "data", type: { kind: "json" } },
];
const rowOf = (id: number): Row => ({ id, name: `näme ${id}`, data: id % 3 === 0 ? null : `{"a":${id}}` });
const rowsOf = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => rowOf(from + i));
const direct = compileRowHasher(columns);

/** The hashes, which must not have been there at once. */
function later(hashes: ReturnType<BatchHasher>): Promise<readonly string[]> {
  if (!("take" in hashes)) throw new Error("hashed at once");
  return hashes.take();
}

const opened: { close(): Promise<void> }[] = [];
function open<T extends { close(): Promise<void> }>(opening: T): T {
  opened.push(opening);
  return opening;
}
afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));

test("a small run hashes at once and starts no thread", () => {
  const rows = rowsOf(0, 100);
  const hashes = open(new RowHashing(100)).compile(columns)(rows);
  expect(hashes).toEqual(rows.map(direct));
});

test("a large run hashes on a thread, and the hashes are the same", async () => {
  const hash = open(new RowHashing(100)).compile(columns);
  expect(hash(rowsOf(0, 90))).toHaveLength(90);
  const rows = rowsOf(90, 200);
  expect(await later(hash(rows))).toEqual(rows.map(direct));
});

test("batches of more rows and bytes than the shared memory holds come back whole and in order", async () => {
  const hash = open(new RowHashing(0)).compile(columns);
  const many = rowsOf(0, 10_000);
  const wide = rowsOf(0, 50).map((row) => ({ ...row, name: "x".repeat(100_000) }));
  const [first, second, third] = await Promise.all([later(hash(many)), later(hash(wide)), later(hash(many))]);
  expect(first).toEqual(many.map(direct));
  expect(second).toEqual(wide.map(direct));
  expect(third).toEqual(first);
});

test("a row that is larger than the shared memory is hashed among the others", async () => {
  const hash = open(new RowHashing(0)).compile(columns);
  const rows = [rowOf(1), { ...rowOf(2), name: "y".repeat(3_000_000) }, rowOf(3)];
  expect(await later(hash(rows))).toEqual(rows.map(direct));
});

test("tables of one run share the thread", async () => {
  const hashing = open(new RowHashing(0));
  const other: ColumnDefinition[] = [{ name: "id", type: { kind: "text" } }];
  const [rows, others] = [rowsOf(0, 3_000), rowsOf(0, 3_000).map(({ id }) => ({ id: String(id) }))];
  const [first, second] = await Promise.all([
    later(hashing.compile(columns)(rows)),
    later(hashing.compile(other)(others)),
  ]);
  expect(first).toEqual(rows.map(direct));
  expect(second).toEqual(others.map(compileRowHasher(other)));
});

test("when the thread ends, the hashing goes on without it", async () => {
  const hashing = new RowHashing(0);
  const hash = hashing.compile(columns);
  const rows = rowsOf(0, 9_000);
  const hashes = hash(rows);
  await hashing.close();
  expect(await later(hashes)).toEqual(rows.map(direct));
  expect(await later(hash(rows))).toEqual(rows.map(direct));
  await hashing.close();
});

test("rows that a thread was given when it ended are hashed here", async () => {
  const hashing = open(new RowHashing(0));
  const hash = hashing.compile(columns);
  const batches = [rowsOf(0, 4_000), rowsOf(4_000, 8_000), rowsOf(8_000, 12_000), rowsOf(12_000, 16_000)];
  const waiting = batches.map((rows) => hash(rows));
  const taking = waiting.map(later);
  await hashing.close();
  expect(await Promise.all(taking)).toEqual(batches.map((rows) => rows.map(direct)));
});

test("many batches one behind the other keep their order", async () => {
  const hash = open(new RowHashing(0)).compile(columns);
  for (let round = 0; round < 200; round++) {
    const [rows, more] = [rowsOf(round, round + 7), rowsOf(round + 7, round + 9)];
    const [first, second] = [hash(rows), hash(more)];
    expect(await later(first)).toEqual(rows.map(direct));
    expect(await later(second)).toEqual(more.map(direct));
  }
});

test("a thread that ended takes no rows", async () => {
  const thread = new HashThread();
  await thread.close();
  expect(thread.submit(new RowWriter(columns), rowsOf(0, 1), 0)).toBeUndefined();
});

test("a process ends while a thread waits for rows, closed or not", async () => {
  const program = `
    import { RowHashing } from ${JSON.stringify(new URL("./row-hashing.ts", import.meta.url).href)};
    const hashes = new RowHashing(0).compile([{ name: "id", type: { kind: "integer" } }])([{ id: 1 }]);
    console.log((await hashes.take()).length);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    timeout: 30_000,
  });
  expect(stdout).toBe("1\n");
});
