import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../fresh-database.ts";

const CHILD = path.join(import.meta.dirname, "documents-child.ts");
const STAGES = ["classified", "ocr", "entities", "extracted", "landed", "checkpoint", "commit", "archived"];
const EACH = 6;

let database: FreshDatabase;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "millrace-killed-"));
  await mkdir(path.join(directory, "papers", "inbox"), { recursive: true });
  database = await freshDatabase();
});
afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

function readUntil(stage: string, attempt: number): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    const args = [
      "--conditions=@millrace/source",
      CHILD,
      directory,
      database.url,
      stage,
      "2",
      String(attempt),
    ];
    const child = spawn(process.execPath, args, { stdio: "inherit" });
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}

async function rows(): Promise<{ name: string; text: string }[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const found = await client.query<{ name: string; text: string }>(
      "SELECT name, text FROM papers ORDER BY name",
    );
    return found.rows;
  } finally {
    await client.end();
  }
}

test("documents of a process that is killed at each stage are not lost, and none lands twice", async () => {
  const names: string[] = [];
  for (const [index, stage] of STAGES.entries()) {
    for (let count = 0; count < EACH; count++) {
      const name = `${stage}-${count}.txt`;
      names.push(name);
      await writeFile(path.join(directory, "papers", "inbox", name), `text of ${name}`);
    }
    expect([stage, await readUntil(stage, index + 1)]).toEqual([stage, { code: null, signal: "SIGKILL" }]);
  }
  expect(await readUntil("never", 99)).toEqual({ code: 0, signal: null });
  expect(await rows()).toEqual(names.toSorted().map((name) => ({ name, text: `text of ${name}` })));
  expect((await readdir(path.join(directory, "papers", "done"))).toSorted()).toEqual(names.toSorted());
  expect(await readdir(path.join(directory, "papers", "failed"))).toEqual([]);
  const left = await readdir(path.join(directory, "papers", "processing"), {
    recursive: true,
    withFileTypes: true,
  });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
});
