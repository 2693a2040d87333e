import { fork, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { executeRun, pipeline } from "@millrace/core";
import { address, crawl, css } from "@millrace/connectors/crawl";
import { postgres } from "@millrace/connectors/postgres";
import { Parser } from "htmlparser2";
import { Agent, request } from "undici";
import { benchDatabase } from "../lib/database.ts";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

/** Of Debian's package postgresql-doc-15; another folder of HTML by BENCH_SITE. */
const SITE = process.env["BENCH_SITE"] ?? "/usr/share/doc/postgresql-doc-15/html";
const START = process.env["BENCH_START"] ?? "index.html";
const MAX_PAGES = Number(process.env["BENCH_PAGES"] ?? 400);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 1);
const AT_A_TIME = 32;
/** So long the server takes for a page in the second measurement. */
const SLOW_MS = 100;

/** A crawl of a real site with a row per page that lands in PostgreSQL, against a bare loop and Crawlee, which land none. */
export async function measure(): Promise<Measured[]> {
  if (!existsSync(path.join(SITE, START))) {
    throw new Error(`${SITE}/${START} does not exist: install Debian's postgresql-doc-15, or say BENCH_SITE`);
  }
  // The server is started before anything is measured.
  await (await benchDatabase()).close();
  return [await compare(0), await compare(SLOW_MS)];
}

async function compare(delayMs: number): Promise<Measured> {
  const server = fork(
    fileURLToPath(new URL("../lib/site-child.ts", import.meta.url)),
    [SITE, String(delayMs)],
    {
      execArgv: ["--conditions=@millrace/source"],
    },
  );
  try {
    const [port] = (await once(server, "message")) as [number];
    const base = `http://127.0.0.1:${port}`;
    const seconds = await interleave(
      [
        { name: "ours", work: () => ours(base) },
        { name: "bare", work: () => bare(base) },
        { name: "crawlee", work: () => crawlee(base) },
      ],
      ROUNDS,
    );
    const rate = (name: string): number => round(MAX_PAGES / (seconds[name] ?? Number.NaN), 0);
    return {
      name: delayMs === 0 ? "crawl" : `crawl, ${delayMs} ms a page`,
      work: `crawl ${MAX_PAGES} pages of ${path.basename(path.dirname(SITE))}, ${AT_A_TIME} at a time, pages per second; ours with a row per page in PostgreSQL`,
      ours: rate("ours"),
      peers: { "undici + htmlparser2": rate("bare"), "@crawlee/cheerio": rate("crawlee") },
      ratio: round(rate("ours") / rate("crawlee")),
      goal: ">= 2",
      peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
    };
  } finally {
    await ended(server);
  }
}

let attempt = 0n;

async function ours(base: string): Promise<void> {
  const database = await benchDatabase();
  // A table belongs to the pipeline that made it, also after it is dropped.
  const table = `bench_pages_${randomUUID().slice(0, 8)}`;
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-bench-"));
  try {
    const report = await executeRun({
      pipeline: pipeline(`bench-crawl-${randomUUID()}`, {
        source: crawl({
          start: `${base}/${START}`,
          follow: "a[href]",
          maxPages: MAX_PAGES,
          concurrency: { total: AT_A_TIME, perHost: AT_A_TIME },
          extract: { row: { path: address(/\d(\/.*)$/), title: css("title"), heading: css("h1, h2") } },
        }),
        destination: postgres({ url: database.url }).table(table, { mode: "append" }),
      }),
      environment: { databaseUrl: () => Promise.resolve(database.url), directory },
      run: randomUUID(),
      attempts: { next: async () => ++attempt },
    });
    if (report.status !== "succeeded") throw new Error(JSON.stringify(report.error));
    check(report.tables[table]?.inserted ?? 0);
    await database.sql(`DROP TABLE ${table} CASCADE`);
  } finally {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The least that a crawler can do: no state that outlives it, links and title by a streaming parser, no rows. */
async function bare(base: string): Promise<void> {
  const dispatcher = new Agent({ connections: AT_A_TIME });
  const seen = new Set([`${base}/${START}`]);
  const queue = [...seen];
  let done = 0;
  const visit = async (url: string): Promise<void> => {
    const { body } = await request(url, { dispatcher });
    const parser = new Parser({
      onopentag(name, { href }) {
        if (name !== "a" || href === undefined) return;
        const target = URL.parse(href, url);
        if (target === null) return;
        target.hash = "";
        if (target.origin !== base || seen.has(target.href)) return;
        seen.add(target.href);
        queue.push(target.href);
      },
    });
    parser.end(await body.text());
  };
  const work = async (): Promise<void> => {
    for (;;) {
      const url = queue.shift();
      if (url === undefined || done >= MAX_PAGES) return;
      done++;
      await visit(url);
    }
  };
  await visit(queue.shift() ?? "");
  done++;
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  await dispatcher.close();
  check(done);
}

async function crawlee(base: string): Promise<void> {
  const { CheerioCrawler, Configuration } = await import("@crawlee/cheerio");
  let pages = 0;
  const crawler = new CheerioCrawler(
    {
      minConcurrency: AT_A_TIME,
      maxConcurrency: AT_A_TIME,
      maxRequestsPerCrawl: MAX_PAGES,
      async requestHandler({ $, enqueueLinks }) {
        if ($("title").text() !== undefined) pages++;
        await enqueueLinks();
      },
    },
    new Configuration({ persistStorage: false }),
  );
  crawler.log.setLevel(0);
  await crawler.run([`${base}/${START}`]);
  check(pages);
}

function check(pages: number): void {
  if (pages < MAX_PAGES * 0.98) throw new Error(`${pages} pages of ${MAX_PAGES} came`);
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = once(server, "exit");
  server.kill();
  await exit;
}
