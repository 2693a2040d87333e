import { appendFile, mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Inbox } from "./inbox.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-inbox-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inbox = (clock = manualClock(), more = {}): Inbox =>
  new Inbox({ folder, include: ["*"], exclude: [], recursive: false, stableMs: 2_000, clock, ...more });
const names = async (box: Inbox): Promise<string[]> => (await box.look()).map(({ name }) => name).toSorted();

test("a file that is still being copied is not taken until it stays the same for long enough", async () => {
  const clock = manualClock();
  const box = inbox(clock);
  const file = path.join(folder, "a.pdf");
  await writeFile(file, "first");
  expect(await names(box)).toEqual([]);
  await clock.advance(1_500);
  await appendFile(file, "second");
  expect(await names(box)).toEqual([]);
  await clock.advance(1_500);
  expect(await names(box)).toEqual([]);
  await clock.advance(500);
  expect(await names(box)).toEqual(["a.pdf"]);
});

test("a file of the same size with another time begins anew", async () => {
  const clock = manualClock();
  const box = inbox(clock);
  const file = path.join(folder, "a.pdf");
  await writeFile(file, "12345");
  await box.look();
  await clock.advance(1_999);
  await writeFile(file, "54321");
  await utimes(file, 1, 1);
  await box.look();
  await clock.advance(1);
  expect(await names(box)).toEqual([]);
  await clock.advance(1_999);
  expect(await names(box)).toEqual(["a.pdf"]);
});

test("a file that was taken away is forgotten, and one of its name begins anew", async () => {
  const clock = manualClock();
  const box = inbox(clock);
  await writeFile(path.join(folder, "a.pdf"), "1");
  await box.look();
  await rm(path.join(folder, "a.pdf"));
  await clock.advance(2_000);
  expect(await names(box)).toEqual([]);
  expect(box.size).toBe(0);
  await writeFile(path.join(folder, "a.pdf"), "1");
  expect(await names(box)).toEqual([]);
});

test("patterns are of the name, and with a slash of the path", async () => {
  await mkdir(path.join(folder, "north", "old"), { recursive: true });
  for (const name of ["a.pdf", "b.txt", "north/c.pdf", "north/old/d.pdf"])
    await writeFile(path.join(folder, name), "1");
  const options = { stableMs: 0, recursive: true };
  expect(await names(inbox(manualClock(), { ...options, include: ["*.pdf"] }))).toEqual([
    "a.pdf",
    "north/c.pdf",
    "north/old/d.pdf",
  ]);
  expect(await names(inbox(manualClock(), { ...options, include: ["north/*.pdf"] }))).toEqual([
    "north/c.pdf",
  ]);
  expect(await names(inbox(manualClock(), { ...options, exclude: ["north/**"] }))).toEqual([
    "a.pdf",
    "b.txt",
  ]);
  expect(await names(inbox(manualClock(), { stableMs: 0 }))).toEqual(["a.pdf", "b.txt"]);
});

test("a folder that is away is told", async () => {
  await rm(folder, { recursive: true });
  await expect(inbox().look()).rejects.toMatchObject({
    code: "MLR_SOURCE_FAILED",
    message: expect.stringContaining(folder),
  });
});
