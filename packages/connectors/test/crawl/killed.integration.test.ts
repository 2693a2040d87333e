import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase, type FreshDatabase } from "../fresh-database.ts";
import { apiServer, type ApiServer } from "../http/api-server.ts";

const CHILD = path.join(import.meta.dirname, "crawl-child.ts");
const PAGES = 240;

let site: ApiServer;
let database: FreshDatabase;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "millrace-killed-"));
  database = await freshDatabase();
  site = await apiServer({
    "/page/*": ({ path: asked }) => {
      const id = Number(asked.split("/").at(-1));
      const links = [id * 2, id * 2 + 1, id + 1].filter((each) => each <= PAGES);
      return {
        headers: { "content-type": "text/html" },
        body: `<h1>Page ${id}</h1>${links.map((each) => `<a href="/page/${each}">${each}</a>`).join("")}`,
      };
    },
  });
});
afterEach(async () => {
  await site.close();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

function crawlUntil(pages: number, attempt: number): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    const args = ["--conditions=@millrace/source", CHILD, site.url, database.url, directory];
    const child = spawn(process.execPath, [...args, String(pages), String(attempt)], { stdio: "inherit" });
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}

test("a crawl that is killed again and again loses no page and lands none twice", async () => {
  for (const [attempt, pages] of [1, 30, 60, 45].entries()) {
    expect(await crawlUntil(pages, attempt + 1)).toEqual({ code: null, signal: "SIGKILL" });
  }
  expect(await crawlUntil(0, 9)).toEqual({ code: 0, signal: null });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ id: number; n: string }>(
    "SELECT id, count(*) AS n FROM pages GROUP BY id ORDER BY id",
  );
  await client.end();
  expect(rows).toEqual(Array.from({ length: PAGES }, (_, index) => ({ id: index + 1, n: "1" })));
  // What was under way when the process died is asked for again: no more than so many at a time, and nothing else.
  const asked = site.received.filter(({ path: each }) => each.startsWith("/page/")).length;
  expect(asked).toBeGreaterThanOrEqual(PAGES);
  expect(asked).toBeLessThanOrEqual(PAGES + 4 * 4);
});
