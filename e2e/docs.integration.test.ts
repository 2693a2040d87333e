import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../packages/connectors/test/fresh-database.ts";
import { pageSteps, type Step } from "./docs/page.ts";
import { Reader } from "./docs/reader.ts";

const GUIDES = path.resolve(import.meta.dirname, "../docs/guides");
const pages = (await readdir(GUIDES)).filter((file) => file.endsWith(".md")).toSorted();

let folder: string;
let database: FreshDatabase;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "millrace-docs-"));
  database = await freshDatabase();
});

afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

test.each(pages)("%s can be followed to the letter", { timeout: 240_000 }, async (page) => {
  const steps = pageSteps(await readFile(path.join(GUIDES, page), "utf8"));
  expect(steps.length).toBeGreaterThan(0);
  const reader = new Reader(folder, database.url);
  try {
    for (const step of steps) await take(reader, step, page);
  } finally {
    await reader.close();
  }
});

async function take(reader: Reader, step: Step, page: string): Promise<void> {
  try {
    await reader.take(step);
  } catch (error) {
    throw new Error(`docs/guides/${page}:${step.line}: ${String(error)}`, { cause: error });
  }
}
