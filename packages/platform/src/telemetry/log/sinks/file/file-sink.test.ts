import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RoutedRecord } from "../../log-record.ts";
import { FileSink, type FileSinkOptions } from "./file-sink.ts";

let folder: string;
let open: FileSink[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-file-"));
});
afterEach(async () => {
  for (const sink of open) await sink.close();
  open = [];
  await rm(folder, { recursive: true, force: true });
});

function sinkOf(options: Partial<FileSinkOptions> = {}): FileSink {
  const sink = new FileSink({
    name: "file",
    path: join(folder, "logs", "app.log"),
    maxBytes: 10_000,
    maxAgeMs: 86_400_000,
    keep: 100,
    gzip: false,
    clock: manualClock(Date.now()),
    ...options,
  });
  open.push(sink);
  return sink;
}

const records = (count: number, from = 0): RoutedRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `id-${from + i}`,
    at: "2026-01-01T00:00:00.000Z",
    level: "info",
    message: `line ${from + i}`,
  }));

const names = async (): Promise<string[]> => (await readdir(join(folder, "logs"))).toSorted();

/** The lines of all files, the oldest first. */
async function everything(): Promise<string[]> {
  const files = (await names()).filter((name) => name.startsWith("app"));
  const sorted = [
    ...files.filter((name) => name !== "app.log"),
    ...files.filter((name) => name === "app.log"),
  ];
  const texts = await Promise.all(
    sorted.map(async (name) => {
      const bytes = await readFile(join(folder, "logs", name));
      return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
    }),
  );
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { message: string }).message);
}

test("lines are appended as JSON, and the folder is made", async () => {
  const sink = sinkOf();
  await sink.write(records(2));
  await sink.write(records(1, 2));
  expect(await everything()).toEqual(["line 0", "line 1", "line 2"]);
});

test("a file is put aside before it becomes too large, compressed, and no line is lost", async () => {
  const clock = manualClock(Date.now());
  const sink = sinkOf({ gzip: true, clock });
  for (let from = 0; from < 1000; from += 20) {
    await sink.write(records(20, from));
    await clock.advance(1);
  }
  await sink.close();
  const files = await names();
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((name) => /^app-\d{4}-\d\d-\d\dT[\d-]+Z\.log\.gz$/.test(name))).toHaveLength(
    files.length - 1,
  );
  expect(await everything()).toEqual(records(1000).map(({ message }) => message));
});

test("only the newest files are kept, and files of other names are left alone", async () => {
  const clock = manualClock(Date.now());
  const sink = sinkOf({ keep: 3, clock });
  await sink.write(records(1));
  await writeFile(join(folder, "logs", "app-notes.log"), "mine");
  for (let from = 0; from < 1000; from += 20) {
    await sink.write(records(20, from));
    await clock.advance(1);
  }
  await sink.close();
  const files = await names();
  expect(files).toContain("app-notes.log");
  expect(files.filter((name) => name.startsWith("app-2"))).toHaveLength(3);
  await rm(join(folder, "logs", "app-notes.log"));
  expect((await everything()).at(-1)).toBe("line 999");
});

test("a file is put aside when it is old", async () => {
  const clock = manualClock(Date.now());
  const sink = sinkOf({ clock, maxAgeMs: 3_600_000 });
  await sink.write(records(1));
  await clock.advance(3_500_000);
  await sink.write(records(1, 1));
  expect(await names()).toEqual(["app.log"]);
  await clock.advance(200_000);
  await sink.write(records(1, 2));
  await sink.close();
  expect(await names()).toHaveLength(2);
  expect(await everything()).toEqual(["line 0", "line 1", "line 2"]);
});

test("several writers share a file, and lose no line when one puts it aside", async () => {
  const clock = manualClock(Date.now());
  const sinks = [sinkOf({ clock }), sinkOf({ clock }), sinkOf({ clock })];
  for (let round = 0; round < 60; round += 1) {
    await Promise.all(sinks.map((sink, index) => sink.write(records(10, round * 30 + index * 10))));
    await clock.advance(1);
  }
  for (const sink of sinks) await sink.close();
  const lines = await everything();
  expect(lines.toSorted()).toEqual(
    records(1800)
      .map(({ message }) => message)
      .toSorted(),
  );
});

test("a file that somebody deletes or moves away is made anew", async () => {
  const sink = sinkOf();
  await sink.write(records(1));
  await rm(join(folder, "logs"), { recursive: true });
  await sink.write(records(1, 1));
  expect(await everything()).toEqual(["line 1"]);
});

test("a path that cannot be written is an error that can be tried again", async () => {
  await writeFile(join(folder, "logs"), "a file");
  await expect(sinkOf().write(records(1))).rejects.toMatchObject({
    code: "MLR_LOG_SINK_FAILED",
    retry: "later",
  });
});
