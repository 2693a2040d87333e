import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../packages/connectors/test/fresh-database.ts";
import { run } from "../cli/cli.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../examples/invoices");

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly state: string;
}

let database: FreshDatabase;
let client: pg.Client;
let folder: string;
beforeEach(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  folder = await mkdtemp(path.join(tmpdir(), "millrace-invoices-"));
  await cp(EXAMPLE, folder, { recursive: true });
  await cp(path.join(EXAMPLE, "documents"), path.join(folder, "papers", "inbox"), { recursive: true });
  // The same content under another name.
  await cp(
    path.join(EXAMPLE, "documents", "R-2026-0117.pdf"),
    path.join(folder, "papers", "inbox", "copy.pdf"),
  );
});
afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function millrace(...args: string[]): Promise<unknown> {
  const env = { MILLRACE_DATABASE_URL: database.url };
  const { code, stdout, stderr } = await run({ args: [...args, "--json"], cwd: folder, env }).ended;
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as unknown;
}

async function rows(sql: string): Promise<unknown[]> {
  return (await client.query(sql)).rows;
}

const files = (name: string): Promise<string[]> =>
  readdir(path.join(folder, "papers", name)).then((found) => found.toSorted());

test("invoices go from the hot folder to rows, by a person where they are not sure, with a history", async () => {
  await millrace("run", "invoices");
  const listed = (await millrace("documents", "list")) as Listed[];
  const twins = listed.filter(({ name }) => name === "copy.pdf" || name === "R-2026-0117.pdf");
  expect(twins.map(({ state }) => state).toSorted()).toEqual(["done", "duplicate"]);
  const states = Object.fromEntries(listed.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({
    "scan-0118.pdf": "done",
    "wrong-total-0120.pdf": "review",
    "letter.pdf": "failed",
    "cut-short.pdf": "failed",
  });
  expect(["done", "review"]).toContain(states["photo-0119.jpg"]);
  expect(await files("inbox")).toEqual([]);
  expect(await files("failed")).toEqual([
    "cut-short.pdf",
    "cut-short.pdf.reason.json",
    "letter.pdf",
    "letter.pdf.reason.json",
  ]);
  const reason = await readFile(path.join(folder, "papers", "failed", "letter.pdf.reason.json"), "utf8");
  expect(JSON.parse(reason)).toMatchObject({
    stage: "extracted",
    message: expect.stringContaining("none of: invoice"),
  });
  expect(
    await rows(
      "SELECT number, issued::text, total::text FROM invoices WHERE number IN ('R-2026-0117', 'R-2026-0118') ORDER BY 1",
    ),
  ).toEqual([
    { number: "R-2026-0117", issued: "2026-03-04", total: "232.00" },
    { number: "R-2026-0118", issued: "2026-03-05", total: "298.50" },
  ]);
  expect(
    await rows(
      "SELECT count(*)::int AS items FROM invoice_items JOIN invoices USING (document) WHERE number = 'R-2026-0117'",
    ),
  ).toEqual([{ items: 3 }]);

  const wrong = listed.find(({ name }) => name === "wrong-total-0120.pdf")?.id ?? "";
  await millrace("documents", "review", wrong, "--accept", "--set", "total=235.00");
  await millrace("run", "invoices");
  expect(await rows("SELECT total::text FROM invoices WHERE number = 'R-2026-0120'")).toEqual([
    { total: "235.00" },
  ]);
  expect(await millrace("documents", "labels")).toMatchObject([
    { name: "wrong-total-0120.pdf", values: { total: "235.00" }, before: { values: { total: "325.00" } } },
  ]);

  // What is corrected once more leaves what it was before in the history.
  await millrace("documents", "review", wrong, "--accept", "--set", "total=236.00");
  await millrace("run", "invoices");
  expect(await rows("SELECT total::text FROM invoices WHERE number = 'R-2026-0120'")).toEqual([
    { total: "236.00" },
  ]);
  expect(
    await rows("SELECT _operation, total::text FROM invoices__history WHERE number = 'R-2026-0120'"),
  ).toEqual([{ _operation: "update", total: "235.00" }]);
}, 400_000);
