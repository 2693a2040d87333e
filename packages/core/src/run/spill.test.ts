import { expect, test } from "vitest";
import { Spill } from "./spill.ts";

test("items come back in order, those in memory before those in the file", async () => {
  const spill = new Spill<{ n: number; when: Date; big: bigint }>(100);
  const items = Array.from({ length: 50 }, (_, n) => ({ n, when: new Date(n), big: BigInt(n) ** 40n }));
  for (const item of items) await spill.push(item, 10);
  expect(spill.size).toBe(50);
  expect(await Array.fromAsync(spill.drain())).toEqual(items);
  expect(spill.size).toBe(0);
});

test("after it was drained it can be filled again", async () => {
  const spill = new Spill<number>(0);
  await spill.push(1, 1);
  expect(await Array.fromAsync(spill.drain())).toEqual([1]);
  await spill.push(2, 1);
  expect(await Array.fromAsync(spill.drain())).toEqual([2]);
  await spill.close();
  await spill.close();
});
