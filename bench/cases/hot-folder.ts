import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { documents } from "@millrace/connectors/documents";
import { postgres } from "@millrace/connectors/postgres";
import { executeRun, pipeline } from "@millrace/core";
import { documentLedger, openControl } from "@millrace/platform";
import pg from "pg";
import { benchDatabase } from "../lib/database.ts";
import { round, type Measured } from "../lib/result.ts";

const FILES = Number(process.env["BENCH_DOCUMENTS"] ?? 5_000);
const KILOBYTES = 4;
/** Files between two looks at the memory. */
const SAMPLE_MS = 250;

/**
 * Small text files through a hot folder into PostgreSQL, each with all its stages in the control database, against a loop that
 * reads, inserts and moves each file without knowing anything of it.
 */
export async function measure(): Promise<Measured[]> {
  const ours = await throughTheFolder();
  const bare = await bareLoop();
  const rate = round((FILES / ours.seconds) * 60, 0);
  const what = `${FILES} files of ${KILOBYTES} kB through a hot folder into PostgreSQL`;
  return [
    {
      name: "hot folder",
      work: `${what}, ${ours.transitions} transitions recorded in the control database; files per minute. The ratio is to 5,000; the peer reads, inserts and renames, and records nothing`,
      ours: rate,
      peers: { bare: round((FILES / bare) * 60, 0) },
      ratio: round(rate / 5_000),
      goal: ">= 1",
      peakMemoryMb: null,
    },
    {
      name: "hot folder, memory",
      work: `${what}; live heap in MB at the end, against that at a third of the time`,
      ours: ours.end,
      peers: { third: ours.third },
      ratio: round(ours.end / ours.third),
      goal: "<= 1.3",
      peakMemoryMb: ours.end,
    },
  ];
}

async function inboxOf(directory: string): Promise<string> {
  const inbox = path.join(directory, "papers", "inbox");
  await mkdir(inbox, { recursive: true });
  const text = "A line of a small document, as they come.\n".repeat(Math.ceil((KILOBYTES * 1024) / 42));
  for (let index = 0; index < FILES; index++) {
    await writeFile(path.join(inbox, `${String(index).padStart(6, "0")}.txt`), `${index}\n${text}`);
  }
  return inbox;
}

async function throughTheFolder(): Promise<{
  seconds: number;
  third: number;
  end: number;
  transitions: number;
}> {
  const database = await benchDatabase();
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-bench-folder-"));
  const control = await openControl(database.url, { fallbackDirectory: path.join(directory, "fallback") });
  const heap: number[] = [];
  const timer = setInterval(() => {
    globalThis.gc?.();
    heap.push(process.memoryUsage().heapUsed / 1024 ** 2);
  }, SAMPLE_MS);
  try {
    await control.pool.query(
      "TRUNCATE millrace_control.documents CASCADE; DROP TABLE IF EXISTS papers; DROP SCHEMA IF EXISTS millrace CASCADE",
    );
    await inboxOf(directory);
    const started = performance.now();
    const report = await executeRun({
      pipeline: pipeline("folder", {
        source: documents({ folder: "papers", stableFor: 0, poll: 250 }),
        destination: postgres({ url: database.url }).tables({
          documents: { name: "papers", mode: "append" },
        }),
        commit: { seconds: 1 },
      }),
      environment: { databaseUrl: () => Promise.resolve(database.url), directory },
      run: randomUUID(),
      attempts: { next: (above = 0n) => Promise.resolve(above + 1n) },
      documents: documentLedger(control.pool, "folder"),
    });
    if (report.error !== undefined) throw new Error(JSON.stringify(report.error));
    const seconds = (performance.now() - started) / 1_000;
    const { rows } = await control.pool.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM millrace_control.document_transitions",
    );
    return {
      seconds,
      third: round(heap[Math.floor(heap.length / 3)] ?? 0, 0),
      end: round(heap.at(-1) ?? 0, 0),
      transitions: rows[0]?.count ?? 0,
    };
  } finally {
    clearInterval(timer);
    await control.close();
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function bareLoop(): Promise<number> {
  const database = await benchDatabase();
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-bench-bare-"));
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const inbox = await inboxOf(directory);
    const done = path.join(directory, "done");
    await mkdir(done);
    await client.query("DROP TABLE IF EXISTS papers");
    await client.query("CREATE TABLE papers (file text, text text)");
    const started = performance.now();
    for (let index = 0; index < FILES; index++) {
      const name = `${String(index).padStart(6, "0")}.txt`;
      const text = await readFile(path.join(inbox, name), "utf8");
      await client.query("INSERT INTO papers VALUES ($1, $2)", [name, text]);
      await rename(path.join(inbox, name), path.join(done, name));
    }
    return (performance.now() - started) / 1_000;
  } finally {
    await client.end();
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}
