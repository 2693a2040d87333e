import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionCalls, RunEvent, TouchedObject } from "@millrace/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ControlStore, newRunId, openControl } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import { removeFolder, temporaryFolder } from "./temporary.ts";

let server: TestPostgres;
let folder: string;
let url: string;
let control: ControlStore;
const options = () => ({ fallbackDirectory: join(folder, "fallback") });

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startTestPostgres();
  url = await server.createDatabase();
  control = await openControl(url, options());
});
afterAll(async () => {
  await control.close();
  await server.stop();
  await removeFolder(folder);
});
beforeEach(async () => {
  await control.pool.query(
    "TRUNCATE millrace_control.function_calls, millrace_control.run_objects, millrace_control.files",
  );
});

const counted = (name: string, calls: number, more: Partial<FunctionCalls> = {}): FunctionCalls => ({
  name,
  calls,
  errors: 0,
  totalMs: calls * 10,
  meanMs: 10,
  p95Ms: 15,
  maxMs: 20,
  ...more,
});
const functions = (...calls: FunctionCalls[]): RunEvent => ({ type: "functions", calls });
const table = (name: string, use: TouchedObject["use"], namespace?: string): TouchedObject => ({
  database: "crm",
  kind: "table",
  ...(namespace === undefined ? {} : { namespace }),
  name,
  use,
});
const started = (run: string, attempt: bigint): RunEvent => ({
  type: "started",
  run,
  pipeline: "p",
  attempt,
  resumed: false,
  at: 0,
});

describe("files that were read", () => {
  const read = (name: string, rows: number, hash?: string): RunEvent => ({
    type: "file",
    file: { name, bytes: rows * 10, rows, ...(hash === undefined ? {} : { hash }) },
  });

  it("are kept once each, as they were read last, and told by name page by page", async () => {
    const run = newRunId();
    const recorder = control.facts.recorder({ run, pipeline: "p" });
    for (const name of ["data/b.csv", "data/a.csv", "https://example.org/ä.json"])
      recorder.observe(read(name, 1));
    recorder.observe(read("data/a.csv", 3, "ab".repeat(32)));
    await recorder.flush();
    const other = control.facts.recorder({ run: newRunId(), pipeline: "p" });
    other.observe(read("data/other.csv", 9));
    await other.flush();
    const files = await control.facts.filesOf(run);
    expect(files).toMatchObject([
      { name: "data/a.csv", bytes: 30, rows: 3, hash: "ab".repeat(32) },
      { name: "data/b.csv", bytes: 10, rows: 1 },
      { name: "https://example.org/ä.json", bytes: 10, rows: 1 },
    ]);
    expect(files[1]).not.toHaveProperty("hash");
    expect(
      (await control.facts.filesOf(run, { after: "data/a.csv", limit: 1 })).map(({ name }) => name),
    ).toEqual(["data/b.csv"]);
  });

  it("are kept for ten thousand of a run at most", async () => {
    const run = newRunId();
    const recorder = control.facts.recorder({ run, pipeline: "p" });
    for (let i = 0; i < 10_050; i++) recorder.observe(read(`f${i}`, 1));
    await recorder.flush();
    expect(await control.facts.filesOf(run, { limit: 20_000 })).toHaveLength(10_000);
  });
});

describe("calls of watched functions", () => {
  it("are kept once per function, with what was told last, and added up over the processes of a run", async () => {
    const run = newRunId();
    const first = control.facts.recorder({ run, pipeline: "p" });
    first.observe(started(run, 4n));
    first.observe(functions(counted("parse", 2)));
    first.observe(functions(counted("parse", 5, { p95Ms: 19 }), counted("load", 100)));
    await first.flush();
    const second = control.facts.recorder({ run, pipeline: "p" });
    second.observe(started(run, 7n));
    second.observe(functions(counted("parse", 1, { errors: 1, totalMs: 40, p95Ms: 40, maxMs: 40 })));
    await second.flush();
    expect(await control.facts.functionsOf(run)).toEqual([
      { name: "load", calls: 100, errors: 0, totalMs: 1_000, meanMs: 10, p95Ms: 15, maxMs: 20 },
      { name: "parse", calls: 6, errors: 1, totalMs: 90, meanMs: 15, p95Ms: 40, maxMs: 40 },
    ]);
  });

  it("are listed over runs, the slowest first, by pipeline and time", async () => {
    for (const [pipeline, name, calls] of [
      ["p", "parse", 1],
      ["p", "parse", 2],
      ["q", "parse", 50],
    ] as const) {
      const recorder = control.facts.recorder({ run: newRunId(), pipeline });
      recorder.observe(functions(counted(name, calls)));
      await recorder.flush();
    }
    expect(await control.facts.functions()).toMatchObject([
      { pipeline: "q", name: "parse", runs: 1, calls: 50 },
      { pipeline: "p", name: "parse", runs: 2, calls: 3 },
    ]);
    expect(await control.facts.functions({ pipeline: "p" })).toHaveLength(1);
    expect(await control.facts.functions({ since: new Date(Date.now() + 60_000) })).toEqual([]);
  });

  it("stay under a run's own id where its record does, and follow an interrupted run otherwise", async () => {
    const [asked, interrupted] = [newRunId(), newRunId()];
    for (const keepsId of [true, false]) {
      const recorder = control.facts.recorder({ run: asked, pipeline: "p", keepsId });
      recorder.observe(started(interrupted, 1n));
      recorder.observe(functions(counted(String(keepsId), 1)));
      await recorder.flush();
    }
    expect(await control.facts.functionsOf(asked)).toMatchObject([{ name: "true" }]);
    expect(await control.facts.functionsOf(interrupted)).toMatchObject([{ name: "false" }]);
  });
});

describe("what runs touch", () => {
  it("is kept once, and found by name with the schema or without", async () => {
    const run = newRunId();
    const recorder = control.facts.recorder({ run, pipeline: "p" });
    const uses = [table("Orders", "read", "sales"), table("orders", "write"), table("other", "read")];
    recorder.observe({ type: "objects", objects: uses });
    recorder.observe({ type: "objects", objects: uses });
    await recorder.flush();
    expect(await control.facts.objectsOf(run)).toEqual([
      table("orders", "write"),
      table("other", "read"),
      table("Orders", "read", "sales"),
    ]);
    const named = async (name: string): Promise<string[]> =>
      (await control.facts.objects({ name })).map((each) => `${each.namespace ?? ""}.${each.name}`);
    expect(await named("orders")).toEqual([".orders", "sales.Orders"]);
    expect(await named("sales.orders")).toEqual([".orders", "sales.Orders"]);
    expect(await named("hr.orders")).toEqual([".orders"]);
    expect(await control.facts.objects({ pipeline: "q" })).toEqual([]);
    expect(await control.facts.objects({ name: "other" })).toMatchObject([
      { pipeline: "p", runs: 1, lastRun: run, use: "read" },
    ]);
  });
});

it("facts that the database does not take go to a file, and are taken in later, newest counts last", async () => {
  const other = await openControl(await server.createDatabase(), options());
  const run = newRunId();
  const recorder = other.facts.recorder({ run, pipeline: "p" });
  await other.pool.query("DROP TABLE millrace_control.function_calls");
  recorder.observe(functions(counted("parse", 1)));
  recorder.observe({ type: "objects", objects: [table("orders", "read")] });
  recorder.observe(functions(counted("parse", 3)));
  await recorder.flush();
  await other.close();
  expect(await readdir(join(folder, "fallback"))).toHaveLength(1);
  const again = await openControl(url, options());
  try {
    expect(await again.facts.functionsOf(run)).toMatchObject([{ calls: 3 }]);
    expect(await again.facts.objectsOf(run)).toEqual([table("orders", "read")]);
    expect(await readdir(join(folder, "fallback"))).toEqual([]);
  } finally {
    await again.close();
  }
});
