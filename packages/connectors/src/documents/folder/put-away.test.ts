import { link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimedName, readClaimedName, shownName, uniqueName } from "./file-name.ts";
import { putAway, putBeside } from "./put-away.ts";

const ID = "0199f0a2-1111-7222-8333-444455556666";
let base: string;
let done: string;
beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), "millrace-put-"));
  done = path.join(base, "done");
  await mkdir(done);
});
afterEach(() => rm(base, { recursive: true, force: true }));

const from = (): Buffer => Buffer.from(path.join(base, "claimed"));
const put = (raw = "a.pdf"): Promise<Buffer> =>
  putAway({ from: from(), folder: done, raw: Buffer.from(raw), id: ID });

test("a file never takes the place of another", async () => {
  await writeFile(path.join(done, "a.pdf"), "old");
  await writeFile(from(), "new");
  expect((await put()).toString()).toBe("a~444455556666.pdf");
  expect(await readFile(path.join(done, "a.pdf"), "utf8")).toBe("old");
  expect(await readFile(path.join(done, "a~444455556666.pdf"), "utf8")).toBe("new");
});

test("a move that was broken off between its two steps is ended", async () => {
  await writeFile(from(), "text");
  await link(from(), path.join(done, "a.pdf"));
  expect((await put()).toString()).toBe("a.pdf");
  expect(await readdir(done)).toEqual(["a.pdf"]);
  expect(await readdir(base)).toEqual(["done"]);
});

test("a move that was made and not noted is found", async () => {
  await writeFile(path.join(done, "a.pdf"), "text");
  expect((await put()).toString()).toBe("a.pdf");
});

test("a file keeps the folders that it came in", async () => {
  await writeFile(from(), "text");
  await put("north/a.pdf");
  expect(await readFile(path.join(done, "north", "a.pdf"), "utf8")).toBe("text");
});

test("a file that is nowhere is told", async () => {
  await expect(put()).rejects.toMatchObject({ code: "MLR_SOURCE_FAILED" });
});

test("what is put beside a file with the longest name has a name", async () => {
  const raw = `${"x".repeat(251)}.pdf`;
  await putBeside(done, Buffer.from(raw), ".reason.json", "{}");
  expect((await readdir(done))[0]).toMatch(/^x+\.reason\.json$/);
});

test("names of any bytes are shown, shortened and told apart", () => {
  const raw = Buffer.from([0x61, 0xff, 0x25, 0x2e, 0x70, 0x64, 0x66]);
  expect(shownName(raw)).toBe("a%FF%25.pdf");
  expect(shownName(Buffer.from("Größe 5%.pdf"))).toBe("Größe 5%.pdf");
  const claimed = claimedName(ID, raw);
  expect(readClaimedName(claimed)).toEqual({ id: ID, raw });
  const long = Buffer.from(`${"é".repeat(125)}.pdf`);
  expect(claimedName(ID, long).length).toBe(255);
  expect(claimedName(ID, long).toString("latin1").endsWith(".pdf")).toBe(true);
  expect(uniqueName(long, ID).length).toBe(255);
});
