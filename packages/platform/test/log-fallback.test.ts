import { spawnSync } from "node:child_process";
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  LogRouter,
  type LogSink,
  replayLogs,
  type RoutedRecord,
  waitingSinks,
} from "@millrace/platform/logs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SinkFallback } from "../src/telemetry/log/fallback/sink-fallback.ts";
import { newRecordId } from "../src/telemetry/log/record-id.ts";
import { spawnChild } from "./child.ts";
import { removeFolder, temporaryFolder } from "./temporary.ts";

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

const records = (count: number, from = 0): RoutedRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    id: newRecordId(Date.now()),
    at: "2026-01-01T00:00:00.000Z",
    level: "info",
    message: `line ${from + i}`,
  }));

/** A sink that takes everything, or fails as it is told. */
function memorySink(
  name: string,
  fails: (batch: readonly RoutedRecord[]) => boolean = () => false,
): LogSink & { readonly taken: RoutedRecord[] } {
  const taken: RoutedRecord[] = [];
  return {
    name,
    taken,
    write: async (batch) => {
      if (fails(batch)) throw new Error("down");
      taken.push(...batch);
    },
    close: () => Promise.resolve(),
  };
}

const REASON = { code: "MLR_LOG_SINK_FAILED", message: "down" };

test("a kill in the middle loses nothing that was kept", async () => {
  const directory = join(folder, "sink");
  const child = spawnChild("write-fallback", { args: [directory] });
  let last = 0;
  for (let i = 0; i < 60; i += 1) last = Number(await child.line());
  await child.kill();
  const sink = memorySink("sink");
  const [result] = await replayLogs({ fallbackDirectory: folder, sinks: [sink] });
  expect(result).toMatchObject({ replayed: sink.taken.length, leftBytes: 0 });
  const messages = sink.taken.map(({ message }) => message);
  // It may have kept more than it could say.
  expect(messages.length).toBeGreaterThan(last);
  expect(messages).toEqual(messages.map((_, i) => `line ${i}`));
  expect((await readdir(directory)).filter((name) => name.includes("ndjson"))).toEqual([]);
});

test("a line that was cut in the middle is left out, and no other", async () => {
  const fallback = new SinkFallback(join(folder, "sink"));
  fallback.keep(REASON, records(3));
  await fallback.close();
  const [segment = ""] = await readdir(join(folder, "sink"));
  await appendFile(join(folder, "sink", segment), '{"id":"x","at":"2026-01-01T00:00:00.0');
  const sink = memorySink("sink");
  expect(await replayLogs({ fallbackDirectory: folder, sinks: [sink] })).toMatchObject([
    { replayed: 3, unreadable: 1, leftBytes: 0 },
  ]);
});

test("a replay that is interrupted goes on where it was, with the same ids", async () => {
  const fallback = new SinkFallback(join(folder, "sink"));
  // More than a megabyte, so that it comes in several parts.
  const lines = records(9000).map((record) => ({ ...record, fields: { text: "x".repeat(300) } }));
  for (let from = 0; from < lines.length; from += 1000) fallback.keep(REASON, lines.slice(from, from + 1000));
  await fallback.close();
  const seen: RoutedRecord[] = [];
  for (let attempt = 0; attempt < 20; attempt += 1) {
    let budget = 2;
    const sink = memorySink("sink", () => budget-- <= 0);
    const [result] = await replayLogs({ fallbackDirectory: folder, sinks: [sink] });
    seen.push(...sink.taken);
    if (result?.why === undefined) break;
  }
  const ids = new Map(seen.map(({ id, message }) => [id, message]));
  expect([...ids.values()].toSorted()).toEqual(lines.map(({ message }) => message).toSorted());
});

test("two replays at once, and the files of a living process, are no trouble", async () => {
  const living = new SinkFallback(join(folder, "sink"));
  living.keep(REASON, records(5, 100));
  const ended = new SinkFallback(join(folder, "sink"));
  ended.keep(REASON, records(50));
  await ended.close();
  const sinks = [memorySink("sink"), memorySink("sink")];
  const results = await Promise.all(
    sinks.map((sink) => replayLogs({ fallbackDirectory: folder, sinks: [sink] })),
  );
  expect(sinks.flatMap(({ taken }) => taken)).toHaveLength(50);
  expect(
    results
      .flat()
      .map(({ why = "" }) => why)
      .toSorted(),
  ).toEqual(["a process still writes to them, and replays them itself", "another process is replaying them"]);
  expect(await waitingSinks(folder)).toMatchObject([{ sink: "sink", refusedBytes: 0 }]);
  await living.close();
  expect(await replayLogs({ fallbackDirectory: folder, sinks: [memorySink("sink")] })).toMatchObject([
    { replayed: 5, leftBytes: 0 },
  ]);
});

test("what a sink refused is tried again only where that is asked for", async () => {
  const kept = new SinkFallback(join(folder, "a%2Fb%2Ac"));
  kept.keepRefused(records(4).map((record) => ({ record, reason: "too old" })));
  await kept.close();
  const sink = memorySink("a/b*c");
  expect(await waitingSinks(folder)).toMatchObject([{ sink: "a/b*c", bytes: 0 }]);
  expect(await replayLogs({ fallbackDirectory: folder, sinks: [sink] })).toMatchObject([{ replayed: 0 }]);
  expect(await replayLogs({ fallbackDirectory: folder, sinks: [sink], refused: true })).toMatchObject([
    { replayed: 4, leftBytes: 0 },
  ]);
  expect(await waitingSinks(folder)).toEqual([]);
});

/** Whether a small disk of its own can be had here. */
const mounts = process.platform === "linux" && process.getuid?.() === 0 && smallDiskWorks();
if (!mounts)
  process.stderr.write("disk full of log lines: skipped, because no small disk can be mounted here\n");

function smallDiskWorks(): boolean {
  const made = spawnSync("sh", [
    "-c",
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d"; s=$?; rmdir "$d"; exit $s',
  ]);
  return made.status === 0;
}

test.skipIf(!mounts)(
  "a disk that is full is survived: what fits is kept, what does not waits in memory, and all arrives",
  async () => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
    let down = true;
    const sink = memorySink("sink", () => down);
    const router = new LogRouter({
      sinks: [
        {
          sink,
          limits: {
            delayMs: 0,
            attempts: 1,
            batchRecords: 100,
            queueRecords: 5000,
            retryMs: 1,
            maxRetryMs: 10,
          },
        },
      ],
      fallbackDirectory: disk,
    });
    try {
      for (const record of records(4000)) router.write({ ...record, fields: { text: "x".repeat(200) } });
      while ((router.stats()[0]?.fellBack ?? 0) < 100) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(router.stats()[0]).toMatchObject({ lost: 0 });
      expect(router.stats()[0]?.waiting).toBeGreaterThan(2000);
      down = false;
      while (new Set(sink.taken.map(({ id }) => id)).size < 4000)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(router.stats()[0]).toMatchObject({ lost: 0, waiting: 0 });
    } finally {
      await router.close(0);
      spawnSync("umount", [disk]);
    }
  },
);
