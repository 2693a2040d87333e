import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { logLines, LogRouter, logTo, openControl } from "@millrace/platform";
import { systemClock } from "@millrace/core";
import { benchDatabase } from "../lib/database.ts";
import { median, round, type Measured } from "../lib/result.ts";

const LINES = Number(process.env["BENCH_LOG_LINES"] ?? 500_000);
const ROUNDS = 5;
/** Lines in the queue at which the pipe is not read for a moment. */
const QUEUED = 20_000;

/** What a log call costs in a run's process, against pino alone, and how many lines a second reach PostgreSQL from there. */
export async function measure(): Promise<Measured[]> {
  const costs: Record<"ours" | "pino", number[]> = { ours: [], pino: [] };
  for (let i = 0; i < ROUNDS; i += 1) {
    for (const who of ["ours", "pino"] as const) {
      const cost = await say(who, LINES, (pipe) => void pipe.resume());
      costs[who].push(cost);
      process.stderr.write(`  ${who}: ${cost.toFixed(2)} µs a call\n`);
    }
  }
  const [own, other] = [round(median(costs.ours)), round(median(costs.pino))];
  const rates: number[] = [];
  for (let i = 0; i < 3; i += 1) rates.push(await intoPostgres());
  const rate = Math.round(median(rates));
  const common = { peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0) };
  return [
    {
      name: "log call",
      work: `a line with three fields, from a run's process into its pipe, ${LINES} times, microseconds each`,
      ours: own,
      peers: { "pino, which hides nothing": other },
      ratio: own,
      goal: "< 3",
      ...common,
    },
    {
      name: "log call against pino",
      work: "the same, pino's cost ÷ ours",
      ours: own,
      peers: { "pino, which hides nothing": other },
      ratio: round(other / own),
      goal: null,
      ...common,
    },
    {
      name: "log lines into PostgreSQL",
      work: `${LINES} lines from a run's process through its worker into the control database, none lost, lines a second ÷ 50,000`,
      ours: rate,
      peers: {},
      ratio: round(rate / 50_000),
      goal: ">= 1",
      ...common,
    },
  ];
}

/** Lets a child say its lines, and gives what a call cost it in microseconds. */
async function say(who: "ours" | "pino", lines: number, read: (pipe: Readable) => void): Promise<number> {
  const script = fileURLToPath(new URL("../lib/log-child.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@millrace/source", script, who, String(lines)], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  // Asked for as a pipe above.
  read(child.stdio[3] as Readable);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`log-child ended with ${code}`);
  return Number(text);
}

/** Lines a second from the first one said to the last one committed. */
async function intoPostgres(): Promise<number> {
  const database = await benchDatabase();
  await database.sql("DROP DATABASE IF EXISTS bench_log WITH (FORCE)");
  await database.sql("CREATE DATABASE bench_log");
  const url = new URL(database.url);
  url.pathname = "/bench_log";
  const folder = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  const control = await openControl(url.href, { fallbackDirectory: folder });
  const spec = logTo.database();
  const sink = await spec.open({
    directory: folder,
    dataDirectory: folder,
    controlUrl: () => Promise.resolve(url.href),
    secrets: {},
    clock: systemClock,
  });
  const router = new LogRouter({ sinks: [{ sink, limits: spec.limits }], fallbackDirectory: folder });
  let watch: NodeJS.Timeout | undefined;
  try {
    const start = performance.now();
    await say("ours", LINES, (pipe) => {
      logLines(pipe, { take: (record) => router.write(record), bindings: { worker: "alpha" } });
      // No faster than the database takes them: what the queue has no room for would go by way of files.
      watch = setInterval(() => {
        if ((router.stats()[0]?.waiting ?? 0) > QUEUED) pipe.pause();
        else pipe.resume();
      }, 2);
    });
    await router.flush();
    // What did not fit into memory comes from the fallback files.
    while (router.stats().some(({ delivered }) => delivered < LINES)) await systemClock.sleep(10);
    const seconds = (performance.now() - start) / 1000;
    const { rows } = await control.pool.query<{ count: string }>(
      "SELECT count(*) AS count FROM millrace_control.logs",
    );
    const count = Number(rows[0]?.count);
    if (count !== LINES) throw new Error(`${count} of ${LINES} lines arrived`);
    const [stats] = router.stats();
    process.stderr.write(
      `  ${Math.round(LINES / seconds)} lines a second, ${stats?.fellBack ?? 0} of them by way of files\n`,
    );
    return LINES / seconds;
  } finally {
    clearInterval(watch);
    await router.close();
    await control.close();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
