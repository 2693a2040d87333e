import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ReadContext } from "@millrace/core";
import { http, linkHeader } from "@millrace/connectors/http";
import { Agent, request, type Dispatcher } from "undici";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";

const PAGES = Number(process.env["BENCH_PAGES"] ?? 1_000);
const ROWS = 100;
const CHAINS = 8;
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 7);

/** The REST source against a bare loop with undici and JSON.parse: one chain of pages, and several at the same time. */
export async function measure(): Promise<Measured[]> {
  const server = fork(
    fileURLToPath(new URL("../lib/http-server-child.ts", import.meta.url)),
    [String(PAGES), String(ROWS)],
    {
      execArgv: ["--conditions=@millrace/source"],
    },
  );
  try {
    const [port] = (await once(server, "message")) as [number];
    const base = `http://127.0.0.1:${port}`;
    return [await compare(base, 1), await compare(base, CHAINS)];
  } finally {
    await ended(server);
  }
}

async function compare(base: string, chains: number): Promise<Measured> {
  const seconds = await interleave(
    [
      { name: `ours, ${chains} at a time`, work: () => ours(base, chains) },
      { name: `undici, ${chains} at a time`, work: () => bare(base, chains) },
    ],
    ROUNDS,
  );
  const own = seconds[`ours, ${chains} at a time`] ?? 0;
  const peer = seconds[`undici, ${chains} at a time`] ?? 0;
  return {
    name: `http, ${chains} at a time`,
    work: `read ${chains} × ${PAGES} pages of ${ROWS} rows behind one another by their Link, ${chains} at a time, seconds`,
    ours: own,
    peers: { "undici + JSON.parse": peer },
    ratio: round(peer / own),
    goal: ">= 0.8",
    peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
}

async function ours(base: string, chains: number): Promise<void> {
  const partitions = Array.from({ length: chains }, (_, chain) => ({ chain }));
  const source = http({
    baseUrl: base,
    budget: { concurrency: chains },
    resources: { issues: { path: "/{partition.chain}/issues", partitions, paginate: linkHeader() } },
  });
  let rows = 0;
  for await (const message of source.read(context()))
    if (message.type === "rows") rows += message.rows.length;
  check(rows, chains);
}

async function bare(base: string, chains: number): Promise<void> {
  const dispatcher = new Agent();
  let rows = 0;
  const chain = async (number: number): Promise<void> => {
    let next: string | undefined = `${base}/${number}/issues`;
    while (next !== undefined) {
      const { headers, body }: Dispatcher.ResponseData = await request(next, { dispatcher });
      const text = await body.text();
      rows += (JSON.parse(text) as unknown[]).length;
      next = /<([^>]*)>; rel="next"/.exec(String(headers["link"]))?.[1];
    }
  };
  await Promise.all(Array.from({ length: chains }, (_, number) => chain(number)));
  await dispatcher.close();
  check(rows, chains);
}

function check(rows: number, chains: number): void {
  if (rows !== chains * PAGES * ROWS) throw new Error(`${rows} rows came`);
}

function context(): ReadContext {
  return {
    checkpoints: new Map(),
    openEpochs: [],
    signal: new AbortController().signal,
    full: false,
    wants: "everything",
    params: {},
    directory: process.cwd(),
    log: () => undefined,
    database: () => Promise.reject(new Error("not used")),
    secret: () => Promise.reject(new Error("not used")),
  };
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = once(server, "exit");
  server.kill();
  await exit;
}
