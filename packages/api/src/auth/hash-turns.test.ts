import { expect, it } from "vitest";
import { HashTurns } from "./hash-turns.ts";

it("lets two go on at a time, and the others in their order", async () => {
  const turns = new HashTurns();
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((each) =>
    turns.take(
      () =>
        new Promise<void>((resolve) => {
          begun.push(each);
          ends.push(resolve);
        }),
    ),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await all[1];
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await all[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  await Promise.all(all);
});

it("refuses those who would wait too long, and goes on afterwards", async () => {
  const turns = new HashTurns();
  const gate = Promise.withResolvers<void>();
  const all = Array.from({ length: 62 }, () => turns.take(() => gate.promise));
  await expect(turns.take(async () => undefined)).rejects.toMatchObject({ code: "MLR_SIGN_IN_LIMIT" });
  gate.resolve();
  await Promise.all(all);
  expect(await turns.take(async () => "done")).toBe("done");
});

it("gives its turn back where hashing fails", async () => {
  const turns = new HashTurns();
  for (let count = 0; count < 3; count += 1) {
    await expect(turns.take(() => Promise.reject(new Error("no memory")))).rejects.toThrow("no memory");
  }
  expect(await turns.take(async () => "done")).toBe("done");
});
