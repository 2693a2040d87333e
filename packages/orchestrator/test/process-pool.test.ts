import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it, vi } from "vitest";
import { type PreparedProject, ProcessPool } from "../src/worker/process-pool.ts";

const program = { file: fileURLToPath(new URL("children/waits.ts", import.meta.url)) };
let pool: ProcessPool;
afterEach(() => pool.close());

function open(project: PreparedProject): void {
  pool = new ProcessPool({ program, size: 1, memoryMb: 64, project });
}

it("gives a process that has loaded the project, and another where the project has changed since", async () => {
  let stamp = "first";
  open({ root: "/fine", stamp: () => stamp });
  const first = pool.take(64);
  await first.ready;
  await vi.waitFor(() => expect(pool.ready).toBe(1));
  const second = pool.take(64);
  await second.prepared;
  await vi.waitFor(() => expect(pool.ready).toBe(1));
  stamp = "changed";
  const third = pool.take(64);
  let prepared = false;
  void third.prepared.then(() => (prepared = true));
  await third.ready;
  expect([second, first]).not.toContain(third);
  expect(prepared).toBe(false);
  for (const each of [first, second, third]) each.kill();
  await Promise.all([first, second, third].map(({ exited }) => exited));
});

it("stops keeping processes ready for a project whose configuration ends them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-pool-"));
  const file = join(folder, "exits");
  open({ root: file, stamp: () => "same" });
  const ended = (): number => (existsSync(file) ? readFileSync(file).length : 0);
  await vi.waitFor(() => expect(ended()).toBe(5), { timeout: 30_000 });
  for (let i = 0; i < 3; i++) {
    // One that was not kept, and so has not been told to load the project.
    const given = pool.take(64);
    if (given.alive) given.kill();
    await given.exited;
  }
  expect([ended(), pool.ready]).toEqual([5, 0]);
  rmSync(folder, { recursive: true });
});
