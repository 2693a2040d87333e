import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddedPostgres } from "@millrace/platform";
import pg from "pg";
import { DATA } from "../lib/database.ts";
import { median, round, type Measured } from "../lib/result.ts";

const CLIENTS = Number(process.env["BENCH_CLIENTS"] ?? 500);
const PER_SECOND = 10;
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const DATABASE = "millrace_bench_live";
/** Time for the last updates to arrive. */
const SETTLE_MS = 1_000;

interface Round {
  /** Of the updates that were sent, times the clients. */
  readonly delivered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuShare: number;
  readonly peakMemoryMb: number;
}

/** 500 clients that each get 10 updates a second, against a server that sends bytes to all sockets and does nothing else. */
export async function measure(): Promise<Measured[]> {
  const postgres = await EmbeddedPostgres.ensure({ directory: join(DATA, "postgres") });
  await makeDatabase(postgres.adminUrl);
  const rounds: Record<"ours" | "bare", Round[]> = { ours: [], bare: [] };
  for (let each = 0; each < ROUNDS; each++) {
    for (const kind of ["bare", "ours"] as const) {
      rounds[kind].push(await round_({ kind, url: postgres.url(DATABASE) }));
    }
  }
  const of = (kind: "ours" | "bare", key: keyof Round): number =>
    median(rounds[kind].map((each) => each[key]));
  const work = `${CLIENTS} clients, ${PER_SECOND} updates a second to each, ${SECONDS} s`;
  const peer = (key: keyof Round, digits: number): Record<string, number> => ({
    "bare ws broadcast": round(of("bare", key), digits),
  });
  const peakMemoryMb = round(of("ours", "peakMemoryMb"), 1);
  return [
    {
      name: "live: updates delivered (share)",
      work,
      ours: round(of("ours", "delivered"), 5),
      peers: peer("delivered", 5),
      ratio: round(of("ours", "delivered"), 5),
      goal: ">= 0.999",
      peakMemoryMb,
    },
    {
      name: "live: p99 latency (ms)",
      work,
      ours: round(of("ours", "p99Ms"), 1),
      peers: peer("p99Ms", 1),
      ratio: round(of("ours", "p99Ms") / of("bare", "p99Ms"), 2),
      goal: "<= 1.5",
      peakMemoryMb,
    },
    {
      name: "live: median latency (ms)",
      work,
      ours: round(of("ours", "p50Ms"), 2),
      peers: peer("p50Ms", 2),
      ratio: round(of("bare", "p50Ms") / of("ours", "p50Ms"), 2),
      goal: null,
      peakMemoryMb,
    },
    {
      name: "live: CPU of the server (share of a core)",
      work,
      ours: round(of("ours", "cpuShare"), 3),
      peers: peer("cpuShare", 3),
      ratio: round(of("bare", "cpuShare") / of("ours", "cpuShare"), 2),
      goal: null,
      peakMemoryMb,
    },
    {
      name: "live: memory of the server (MB)",
      work,
      ours: peakMemoryMb,
      peers: peer("peakMemoryMb", 1),
      ratio: round(of("ours", "peakMemoryMb") / of("bare", "peakMemoryMb"), 2),
      goal: null,
      peakMemoryMb,
    },
  ];
}

async function round_(order: { readonly kind: "ours" | "bare"; readonly url: string }): Promise<Round> {
  const server = child("live-server-child.ts", order);
  const { port } = await said<{ port: number }>(server);
  const ours = order.kind === "ours";
  const clients = child("live-clients-child.ts", {
    port,
    path: ours ? "/api/v1/live" : "/",
    clients: CLIENTS,
    hello: ours ? JSON.stringify({ type: "subscribe", topics: ["runs"] }) : null,
  });
  await said(clients);
  const updates = PER_SECOND * SECONDS;
  server.send({ updates, perSecond: PER_SECOND });
  const { cpuShare, peakMemoryMb } = await said<Pick<Round, "cpuShare" | "peakMemoryMb">>(server);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  clients.send("end");
  const { latencies } = await said<{ latencies: number[] }>(clients);
  server.send("end");
  await once(server, "exit");
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  const delivered = latencies.length / (updates * CLIENTS);
  return { delivered, p50Ms: at(0.5), p99Ms: at(0.99), cpuShare, peakMemoryMb };
}

/** It stays for the next time. */
async function makeDatabase(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rowCount } = await admin.query("SELECT FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await admin.end();
  }
}

function child(file: string, order: object): ChildProcess {
  return fork(fileURLToPath(new URL(`../lib/${file}`, import.meta.url)), [JSON.stringify(order)], {
    execArgv: ["--conditions=@millrace/source"],
    serialization: "advanced",
  });
}

/** The next message of a child; fails where it ends before. */
async function said<T>(from: ChildProcess): Promise<T> {
  const over = new AbortController();
  const ended = once(from, "exit", { signal: over.signal }).then(() => {
    throw new Error("A process of the bench ended before it was asked to");
  });
  const message = once(from, "message", { signal: over.signal }).then(([value]) => value as T);
  try {
    return await Promise.race([message, ended]);
  } finally {
    ended.catch(() => undefined);
    message.catch(() => undefined);
    over.abort();
  }
}
