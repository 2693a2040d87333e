import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../shared/journal/journal.ts";
import { SpooledBacklog, type BacklogState } from "./spooled-backlog.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "millrace-backlog-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

let dropped = 0;
async function open(
  committed?: BacklogState,
  more: { maxBytes?: number; folder?: string } = {},
): Promise<SpooledBacklog> {
  const { maxBytes, folder = directory } = more;
  const journal = await Journal.open({
    directory: folder,
    segmentBytes: 1_024,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  return SpooledBacklog.open(
    {
      journal,
      memoryRows: 10,
      onDrop: (rows) => (dropped += rows),
      onError: (error) => {
        throw error;
      },
    },
    committed,
  );
}

async function all(backlog: SpooledBacklog): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let position = backlog.start; ;) {
    const entries = await backlog.after(position);
    const last = entries.at(-1);
    if (last === undefined) return found;
    for (const { rows } of entries) found.push(...rows.map((row) => row["n"]));
    position = last.position;
  }
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

test("what was not committed is there in order, in memory, on disk and for the next process", async () => {
  const first = await open();
  for (const n of numbers(0, 30)) first.append("s", [{ n, nan: Number.NaN }], 0);
  expect(await all(first)).toEqual(numbers(0, 30));
  first.trim(5);
  const { session } = first;
  await first.close();
  const second = await open({ session, position: 12 });
  second.append("s", [{ n: 30 }], 0);
  expect(second.session).toBe(session);
  expect(await all(second)).toEqual(numbers(12, 31));
  await second.close();
});

test("a full disk costs the oldest, and says so", async () => {
  dropped = 0;
  const backlog = await open(undefined, { maxBytes: 20_000 });
  for (const n of numbers(0, 400)) backlog.append("s", [{ n, text: "x".repeat(100) }], 0);
  backlog.spool();
  await backlog.close();
  expect(dropped).toBeGreaterThan(0);
  const next = await open();
  const left = await all(next);
  expect(left).toEqual(numbers(400 - left.length, 400));
  expect(left.length + dropped).toBe(400);
  await next.close();
});

test("whatever happens, each row is read once and in order", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), rows: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ kind: fc.constant("commit" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant("spool" as const) }),
    fc.record({ kind: fc.constant("restart" as const) }),
  );
  let trial = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const folder = path.join(directory, String((trial += 1)));
      let backlog = await open(undefined, { folder });
      let n = 0;
      const landed: unknown[] = [];
      let committed: BacklogState | undefined;
      const commit = async (share: number): Promise<void> => {
        const entries = await backlog.after(backlog.start);
        const some = entries.slice(0, Math.ceil(share * entries.length));
        const last = some.at(-1);
        if (last === undefined) return;
        landed.push(...some.flatMap(({ rows }) => rows.map((row) => row["n"])));
        committed = { session: backlog.session, position: last.position };
        backlog.trim(last.position);
      };
      for (const each of steps) {
        if (each.kind === "append")
          backlog.append(
            "s",
            numbers(n, (n += each.rows)).map((value) => ({ n: value })),
            0,
          );
        else if (each.kind === "commit") await commit(each.share);
        else if (each.kind === "spool") backlog.spool();
        else {
          await backlog.close();
          backlog = await open(committed, { folder });
        }
      }
      while ((await backlog.after(backlog.start)).length > 0) await commit(1);
      expect(landed).toEqual(numbers(0, n));
      await backlog.close();
    }),
    { numRuns: 40 },
  );
});
