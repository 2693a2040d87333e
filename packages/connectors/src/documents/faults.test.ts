import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DocumentsBed, documentsBed } from "../../test/documents/documents-bed.ts";
import { defineStage } from "./index.ts";

let bed: DocumentsBed;
beforeEach(async () => {
  bed = await documentsBed();
});
afterEach(() => bed.close());

test("several watchers on one folder never take the same file", async () => {
  const names = Array.from({ length: 120 }, (_, index) => `${String(index).padStart(3, "0")}.txt`);
  await Promise.all(names.map((name) => bed.put(name, `text of ${name}`)));
  const tables = (name: string): Record<string, { name: string; mode: "append" }> => ({
    documents: { name, mode: "append" },
  });
  const reports = await Promise.all(
    ["one", "two", "three"].map((name) => bed.run({}, { name, tables: tables(name) })),
  );
  expect(reports.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
  const landed = ["one", "two", "three"].flatMap((name, index) =>
    reports[index]?.tables[name] === undefined
      ? []
      : bed.destination.rows(name).map(({ file }) => String(file)),
  );
  expect(landed.toSorted()).toEqual(names);
  expect(await bed.files("done")).toEqual(names);
});

test("names of any bytes go through and come out as they were", async () => {
  const raw = Buffer.from([0x61, 0xff, 0xfe, 0x2e, 0x74, 0x78, 0x74]);
  await bed.put(raw, "odd");
  await bed.put("Größe ✓ 'x' \n.txt", "fine");
  await bed.put(`${"x".repeat(251)}.txt`, "long");
  const report = await bed.run();
  expect(report.error).toBeUndefined();
  expect(
    bed.destination
      .rows("documents")
      .map(({ file }) => String(file))
      .toSorted(),
  ).toEqual(["Größe ✓ 'x' \n.txt", "a%FF%FE.txt", `${"x".repeat(251)}.txt`].toSorted());
  const done = await readdir(path.join(bed.folder, "done"), { encoding: "buffer" });
  expect(done.some((name) => name.equals(raw))).toBe(true);
});

test("a file that is changed while it is read is read again, and lands as it is then", async () => {
  await bed.put("a.txt", "before");
  let changed = false;
  const stages = [
    defineStage("documents.*.text", async ({ path: file }) => {
      const text = await readFile(file, "utf8");
      if (!changed) await writeFile(file, "after that");
      changed = true;
      const page = {
        number: 1,
        width: 0,
        height: 0,
        rotation: 0,
        text,
        words: [],
        hasText: true,
        needsOcr: false,
      };
      return { text: { kind: "text", pages: [page], metadata: {}, attachments: [] } };
    }),
  ];
  await bed.run({ stages });
  expect(bed.destination.rows("documents")).toMatchObject([{ text: "after that" }]);
  expect(bed.ledger.story("a.txt").slice(0, 4)).toEqual([
    "received done",
    "text retry",
    "received done",
    "text done",
  ]);
});

test("a file that is replaced in the inbox while the first one is read is another document", async () => {
  await bed.put("a.txt", "first");
  let put = false;
  const stages = [
    defineStage("documents.*.classified", async () => {
      if (!put) await bed.put("a.txt", "second");
      put = true;
    }),
  ];
  await bed.run({ stages });
  expect(bed.destination.rows("documents").map(({ text }) => text)).toEqual(["first", "second"]);
  expect(await bed.files("done")).toHaveLength(2);
});

test("a claimed file that somebody takes away fails, and the rest goes on", async () => {
  await bed.put("gone.txt", "gone");
  await bed.put("here.txt", "here");
  const stages = [
    defineStage("documents.*.classified", async ({ name, path: file }) => {
      if (name === "gone.txt") await rm(file);
    }),
  ];
  const report = await bed.run({ stages });
  expect(report.status).toBe("succeeded");
  expect(bed.destination.rows("documents").map(({ file }) => file)).toEqual(["here.txt"]);
  expect(bed.ledger.named("gone.txt")).toMatchObject({ state: "failed" });
});

test("empty, damaged, too large files and such of a wrong ending fail with the reason", async () => {
  await bed.put("empty.pdf", "");
  await bed.put("truncated.pdf", "%PDF-1.7\n1 0 obj\n<< /Type /Catalog");
  await bed.put("large.txt", "x".repeat(2_000));
  await bed.put("program.pdf", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0]));
  await bed.put("good.txt", "good");
  const report = await bed.run({ limits: { bytes: 1_000 }, attempts: 1 });
  expect(report.status).toBe("succeeded");
  expect(bed.destination.rows("documents").map(({ file }) => file)).toEqual(["good.txt"]);
  const codes = ["empty.pdf", "truncated.pdf", "large.txt", "program.pdf"].map(
    (name) => bed.ledger.named(name).error?.code,
  );
  expect(codes).toEqual(["MLR_SOURCE_FORMAT", "MLR_SOURCE_FORMAT", "MLR_SOURCE_LIMIT", "MLR_SOURCE_FORMAT"]);
  expect(await bed.files("failed")).toHaveLength(8);
});

test("a stage that takes longer than it may is ended", async () => {
  await bed.put("a.txt", "text");
  const stages = [
    defineStage("documents.*.classified", () => new Promise(() => undefined), { timeout: 20, attempts: 1 }),
  ];
  await bed.run({ stages });
  expect(bed.ledger.named("a.txt")).toMatchObject({ state: "failed", stage: "classified" });
  expect(bed.ledger.named("a.txt").error?.message).toContain("longer than 20 ms");
});

test("a pipeline that moves to another machine takes over what the first one had claimed", async () => {
  await bed.put("landed.txt", "landed");
  await bed.put("stuck.txt", "stuck");
  const stop = new AbortController();
  const stages = [
    defineStage("documents.*.classified", async ({ name }, { signal }) => {
      if (name !== "stuck.txt") return;
      await expect
        .poll(() => bed.destination.snapshot().tables["documents"]?.rows.length, { timeout: 30_000 })
        .toBe(1);
      stop.abort();
      signal.throwIfAborted();
    }),
  ];
  const first = path.join(bed.directory, "machine-1");
  // Watched, so that it commits while the second one is stuck.
  await bed.run({ stages, watch: true }, { dataDirectory: first, signal: stop.signal });
  expect(await bed.files("inbox")).toEqual([]);
  const report = await bed.run({}, { dataDirectory: path.join(bed.directory, "machine-2") });
  expect(report.error).toBeUndefined();
  expect(bed.destination.rows("documents").map(({ file }) => file)).toEqual(["landed.txt", "stuck.txt"]);
  expect(await bed.files("done")).toEqual(["landed.txt", "stuck.txt"]);
  expect(bed.said.join("\n")).toContain("took over 1 files");
});

test("a folder that cannot be made is told with its path", async () => {
  await rm(bed.folder, { recursive: true });
  await writeFile(bed.folder, "a file");
  const report = await bed.run({}, {});
  expect(report.error).toMatchObject({
    code: "MLR_SOURCE_FAILED",
    message: expect.stringContaining("papers"),
  });
  await rm(bed.folder);
  await mkdir(bed.folder);
});

test("documents are counted and worked on again when everything is read again", async () => {
  await bed.put("a.txt", "text");
  const tables = { documents: { name: "documents", mode: "merge" } } as const;
  await bed.run({}, { tables });
  let seen = 0;
  const stages = [defineStage("documents.*.entities", () => void seen++)];
  const report = await bed.run({ stages }, { tables, full: true });
  expect(report.error).toBeUndefined();
  expect(seen).toBe(1);
  expect(bed.destination.rows("documents")).toHaveLength(1);
  expect(bed.ledger.named("a.txt").state).toBe("done");
});
