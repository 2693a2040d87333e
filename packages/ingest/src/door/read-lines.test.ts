import { expect, it } from "vitest";
import type { ReadRow } from "./parts.ts";
import { PUSH_LIMITS } from "./push-limits.ts";
import { readCsv } from "./read-csv.ts";
import { readLines } from "./read-lines.ts";

async function all(rows: AsyncIterable<readonly ReadRow[]>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const group of rows)
    found.push(...group.map((each) => ("row" in each ? each.row : each.problem)));
  return found;
}

/** A body in pieces of this many bytes. */
async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const LINES = '{"n":1,"s":"ä\\n€"}\r\n\n  {"n":12345678901234567890}\n{"n":3}';

it("reads lines whatever pieces they come in", async () => {
  const whole = await all(readLines(pieces(LINES, 1_000), PUSH_LIMITS));
  expect(whole).toEqual([{ n: 1, s: "ä\n€" }, { n: 12345678901234567890n }, { n: 3 }]);
  for (let size = 1; size < 40; size++)
    expect(await all(readLines(pieces(LINES, size), PUSH_LIMITS))).toEqual(whole);
});

it("reads CSV whatever pieces it comes in", async () => {
  const text = '\uFEFFa,b\n1,"x\ny"\n2\n3,ä\n';
  const whole = await all(readCsv(pieces(text, 1_000), PUSH_LIMITS));
  expect(whole).toEqual([
    { a: "1", b: "x\ny" },
    expect.stringContaining("another number of fields"),
    { a: "3", b: "ä" },
  ]);
  for (let size = 1; size < 20; size++)
    expect(await all(readCsv(pieces(text, size), PUSH_LIMITS))).toEqual(whole);
});

it("gives up a line that is too long before it is read", async () => {
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) yield Buffer.alloc(65_536, 97);
  }
  await expect(all(readLines(endless(), PUSH_LIMITS))).rejects.toMatchObject({ code: "MLR_PUSH_LIMIT" });
  await expect(all(readCsv(endless(), PUSH_LIMITS))).rejects.toMatchObject({ code: "MLR_PUSH_INVALID" });
});
