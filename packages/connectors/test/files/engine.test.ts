import { appendFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { executeRun, pipeline, type PipelineOptions, type RunReport, type Source } from "@millrace/core";
import { memoryDestination } from "@millrace/core/testing";
import { csv } from "@millrace/connectors/csv";
import { jsonl } from "@millrace/connectors/jsonl";
import { afterEach, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "./collect.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let attempt = 0n;
let runs = 0;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

function run(options: PipelineOptions, signal?: AbortSignal, codeVersion?: string): Promise<RunReport> {
  return executeRun({
    pipeline: pipeline("files", options),
    environment: { directory: folder.path, databaseUrl: () => Promise.reject(new Error("no database here")) },
    run: `00000000-0000-7000-8000-${String(++runs).padStart(12, "0")}`,
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
    ...(signal === undefined ? {} : { signal }),
    ...(codeVersion === undefined ? {} : { codeVersion }),
  });
}

function write(name: string, content: string): Promise<void> {
  return writeFile(path.join(folder.path, name), content);
}

test("files land with their types, are unchanged the second time, and only differences are written", async () => {
  const memory = memoryDestination();
  const options = { source: csv({ path: "*.csv" }), destination: memory.table("people", { key: ["id"] }) };
  await write("a.csv", "id,name,born\n1,Ann,2001-02-03\n2,Bob,\n");
  await write("b.csv", "id,name,born\n3,Eve,1999-12-31\n");
  const first = await run(options);
  expect(first.tables["people"]).toMatchObject({ read: 3, inserted: 3, rejected: 0 });
  expect(memory.rows("people")).toMatchObject([
    { id: 1, name: "Ann", born: 11_356 },
    { id: 2, name: "Bob" },
    { id: 3, name: "Eve", born: 10_956 },
  ]);
  const before = memory.snapshot();
  const second = await run(options);
  expect(second.tables["people"]).toMatchObject({ read: 3, unchanged: 3, inserted: 0, removed: 0 });
  expect(memory.snapshot()).toEqual(before);
  await write("a.csv", "id,name,born\n1,Anna,2001-02-03\n2,Bob,\n");
  await rm(path.join(folder.path, "b.csv"));
  const third = await run(options);
  expect(third.tables["people"]).toMatchObject({ read: 2, updated: 1, unchanged: 1, removed: 1 });
});

test("an unchanged file is read again when the pipeline's code is another, unless rows are only added", async () => {
  const memory = memoryDestination();
  await write("a.csv", "id,name\n1,Ann\n");
  const source = csv({ path: "a.csv" });
  const shout = (row: Record<string, unknown>) => ({ ...row, name: String(row["name"]).toUpperCase() });
  const merged = memory.table("people", { key: ["id"] });
  await run({ source, destination: merged }, undefined, "one");
  const changed = await run({ source, destination: merged, transforms: [shout] }, undefined, "two");
  expect(changed.tables["people"]).toMatchObject({ read: 1, updated: 1 });

  const added = memoryDestination();
  await run({ source, destination: added.table("log", { mode: "append" }) }, undefined, "one");
  await run(
    { source, destination: added.table("log", { mode: "append" }), transforms: [shout] },
    undefined,
    "two",
  );
  expect(added.rows("log")).toHaveLength(1);
});

test("lines that are no records are kept in the quarantine, and nothing is removed for lack of them", async () => {
  const memory = memoryDestination();
  const options = { source: csv({ path: "a.csv" }), destination: memory.table("people", { key: ["id"] }) };
  await write("a.csv", "id,name\n1,Ann\n2,Bob\n");
  await run(options);
  await write("a.csv", 'id,name\n1,Ann\n2,"Bo"b\n3,Eve,x\n');
  const report = await run(options);
  expect(report).toMatchObject({ status: "succeeded" });
  expect(report.tables["people"]).toMatchObject({ read: 3, unchanged: 1, rejected: 2, removed: 0 });
  expect(memory.rows("people").map((row) => row["id"])).toEqual([1, 2]);
  expect(memory.rows("people__quarantine")).toMatchObject([
    { code: "MLR_ROW_MALFORMED", file: "a.csv", line: 3 },
    { code: "MLR_ROW_MALFORMED", file: "a.csv", line: 4 },
  ]);
});

test("a run that is stopped inside of a file goes on there, and the table is as if it had not been", async () => {
  const memory = memoryDestination();
  const content = `id,name\n${Array.from({ length: 200_000 }, (_, id) => `${id},name ${id}\n`).join("")}`;
  await write("a.csv", content);
  const controller = new AbortController();
  const inner = csv({ path: "a.csv" });
  let seen = 0;
  const source: Source = {
    ...inner,
    async *read(context) {
      for await (const message of inner.read(context)) {
        if (message.type === "rows") seen += message.rows.length;
        if (seen > 70_000) controller.abort();
        yield message;
      }
    },
  };
  const destination = memory.table("people", { key: ["id"] });
  const stopped = await run({ source, destination }, controller.signal);
  expect(stopped.status).toBe("stopped");
  const committed = memory.rows("people").length;
  expect(committed).toBeGreaterThan(50_000);
  expect(committed).toBeLessThan(200_000);
  seen = 0;
  const finished = await run({ source, destination });
  expect(finished.status).toBe("succeeded");
  expect(seen).toBe(200_000 - committed);
  expect(memory.rows("people")).toHaveLength(200_000);
  const again = await run({ source, destination });
  expect(again.tables["people"]).toMatchObject({ read: 200_000, unchanged: 200_000 });
});

test("a file that grows is appended to a table without doubling what is there", async () => {
  const memory = memoryDestination();
  const options = {
    source: jsonl({ path: "log.jsonl", grows: true }),
    destination: memory.table("log", { mode: "append" as const }),
  };
  await write("log.jsonl", '{"n":1}\n{"n":2}\n');
  await run(options);
  await appendFile(path.join(folder.path, "log.jsonl"), '{"n":3}\n{"n"');
  const report = await run(options);
  expect(report.tables["log"]).toMatchObject({ read: 3, inserted: 1, unchanged: 2 });
  expect(memory.rows("log").map((row) => row["n"])).toEqual([1, 2, 3]);
});

test("a file that was cut short fails the run, and removes nothing", async () => {
  const memory = memoryDestination();
  const { json } = await import("@millrace/connectors/json");
  const options = {
    source: json({ path: "a.json" }),
    destination: memory.table("people", { key: ["id"] }),
    retry: { attempts: 1 },
  };
  await write("a.json", '[{"id":1},{"id":2}]');
  await run(options);
  await write("a.json", '[{"id":1},');
  const report = await run(options);
  expect(report).toMatchObject({ status: "failed", error: { code: "MLR_SOURCE_FORMAT" } });
  expect(memory.rows("people")).toHaveLength(2);
});
