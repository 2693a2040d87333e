import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { manualClock } from "@millrace/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SampleBatch } from "../../shared/sampling/index.ts";
import { csvFile } from "./csv-file.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "millrace-csv-file-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function batch(n: number): SampleBatch {
  const variable = { id: n, name: 'a "b", c', address: "x", type: "any", reader: "r", tags: [] };
  const sample = {
    variable,
    value: n,
    quality: "good",
    code: undefined,
    sourceTime: undefined,
    readTime: n,
  } as const;
  return { context: { id: 1, name: "c" }, reader: "r", time: n, samples: [sample] };
}

test("samples are lines in order, in files that are changed by size and by age", async () => {
  const clock = manualClock();
  const writer = csvFile({ folder: "out", maxBytes: 1_000, maxAgeMs: 60_000 });
  await writer.open?.({ clock, directory, log: () => undefined });
  for (let n = 0; n < 20; n += 1) await writer.write([batch(n)]);
  await clock.advance(60_000);
  await writer.write([batch(20)]);
  await writer.close?.();
  const folder = path.join(directory, "out");
  const files = readdirSync(folder).toSorted();
  const texts = files.map((file) => readFileSync(path.join(folder, file), "utf8"));
  expect(files.length).toBeGreaterThan(2);
  expect(files[0]).toBe("samples-2026-01-01T00-00-00Z-2.csv");
  expect(texts.every((text) => text.startsWith("context,variable,name,time,") && text.length <= 1_000)).toBe(
    true,
  );
  const lines = texts.flatMap((text) => text.trim().split("\r\n").slice(1));
  const ids = lines.map((line) => Number(line.split(",")[1]));
  expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, n) => n));
  expect(lines.find((line) => line.startsWith("1,20,"))).toContain(
    '1,20,"a ""b"", c",1970-01-01T00:00:00.020Z,20,good',
  );
});
