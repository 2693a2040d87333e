import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noteServedAddress, servedAddress } from "./served-address.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-served-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("tells where this process serves the dashboard, until it does so no more", async () => {
  expect(await servedAddress(folder)).toBeUndefined();
  const forget = await noteServedAddress(join(folder, "data"), "http://localhost:8123");
  expect(await servedAddress(join(folder, "data"))).toBe("http://localhost:8123");
  await forget();
  expect(await servedAddress(join(folder, "data"))).toBeUndefined();
});

test("tells nothing of a process that has ended, or of a note that is damaged", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  await writeFile(join(folder, "dashboard.json"), JSON.stringify({ url: "http://localhost:8123", pid }));
  expect(await servedAddress(folder)).toBeUndefined();
  await writeFile(join(folder, "dashboard.json"), '{"url": "http://loc');
  expect(await servedAddress(folder)).toBeUndefined();
  await writeFile(join(folder, "dashboard.json"), JSON.stringify({ url: "no address", pid: process.pid }));
  expect(await servedAddress(folder)).toBeUndefined();
});

test("leaves the note of another process that serves it by now", async () => {
  const forget = await noteServedAddress(folder, "http://localhost:8123");
  const other = { url: "http://localhost:8124", pid: process.ppid };
  await writeFile(join(folder, "dashboard.json"), JSON.stringify(other));
  await forget();
  expect(await servedAddress(folder)).toBe("http://localhost:8124");
});
