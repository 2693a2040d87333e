import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { pipeline as pipe } from "node:stream/promises";
import { executeRun, parseColumnType, pipeline, TableShaper, tableOptions, type Row } from "@millrace/core";
import { clickhouse } from "@millrace/connectors/clickhouse";
import { CLICKHOUSE_CAPABILITIES } from "../../packages/connectors/src/clickhouse/clickhouse-destination.ts";
import { ByteWriter } from "../../packages/connectors/src/clickhouse/codec/byte-writer.ts";
import { RowCodec, sqlColumns } from "../../packages/connectors/src/clickhouse/codec/row-codec.ts";
import { featuresOf } from "../../packages/connectors/src/clickhouse/server/server-features.ts";
import {
  missingClickHouse,
  startClickHouse,
} from "../../packages/connectors/test/clickhouse/clickhouse-server.ts";
import { DATA } from "../lib/database.ts";
import { fromMemory } from "../lib/ours.ts";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";
import { benchRows, COLUMNS } from "../lib/rows.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 1_000_000);
const ROUNDS = 5;

/** Appending rows to ClickHouse, against `clickhouse-client` inserting the same rows in the same format from a file. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  const missing = missingClickHouse();
  if (missing !== undefined) return { skipped: missing };
  const server = await startClickHouse({ maxMemory: 4_000_000_000 });
  try {
    const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };
    const database = await clickhouse({ url: server.url }).connect(environment);
    const version = String((await database.query("SELECT version() AS v"))[0]?.["v"]);
    const features = featuresOf(version);
    const columns = Object.entries(COLUMNS).map(([name, type]) => ({ name, type: parseColumnType(type) }));
    const rows = benchRows(0, ROWS);
    const file = `${DATA}clickhouse.bin`;
    await writeBinary(file, rows, new RowCodec(columns, features));
    const types = sqlColumns(columns, features).map(({ name, sql }) => `${name} ${sql}`);
    const seconds = await interleave(
      [
        {
          name: "ours",
          prepare: async () => {
            await database.execute("DROP TABLE IF EXISTS default.bench_append");
            await database.execute("DROP DATABASE IF EXISTS millrace");
          },
          work: () => append(server.url, rows),
        },
        {
          name: "clickhouse-client",
          prepare: async () => {
            await database.execute("DROP TABLE IF EXISTS default.bench_client");
            await database.execute(
              `CREATE TABLE default.bench_client (${types.join(", ")}) ENGINE = MergeTree ORDER BY tuple()`,
            );
          },
          work: () => insertByClient(server.nativePort, file),
        },
      ],
      ROUNDS,
    );
    await database.close();
    const { ours = 0, "clickhouse-client": client = 0 } = seconds;
    return [
      {
        name: "clickhouse append",
        work: `append ${ROWS} rows of 10 columns from memory to ClickHouse ${version}, seconds`,
        ours,
        ratio: round(client / ours),
        goal: ">= 0.8",
        peers: { "clickhouse-client (RowBinary)": client },
        peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
      },
    ];
  } finally {
    await server.stop();
  }
}

let attempt = 0n;

async function append(url: string, rows: readonly Row[]): Promise<void> {
  const report = await executeRun({
    pipeline: pipeline("bench-clickhouse", {
      source: fromMemory(rows),
      destination: clickhouse({ url }).table("bench_append", { mode: "append", columns: COLUMNS }),
      commit: { rows: 2_000_000, bytes: 2 ** 40, seconds: 600 },
      retry: { attempts: 1 },
    }),
    environment: { databaseUrl: () => Promise.reject(new Error("unused")), directory: process.cwd() },
    run: randomUUID(),
    attempts: { next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)) },
  });
  if (report.status !== "succeeded") throw new Error(`bench run failed: ${JSON.stringify(report.error)}`);
}

async function insertByClient(port: number, file: string): Promise<void> {
  const args = [
    "--port",
    String(port),
    "--host",
    "127.0.0.1",
    "--query",
    "INSERT INTO default.bench_client FORMAT RowBinary",
  ];
  const child = spawn("clickhouse-client", args, { stdio: ["pipe", "inherit", "inherit"] });
  const ended = once(child, "exit");
  await pipe(createReadStream(file, { highWaterMark: 1_048_576 }), child.stdin);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`clickhouse-client ended with ${String(code)}`);
}

/** The rows as the peer reads them: in storage form, in RowBinary. */
async function writeBinary(file: string, rows: readonly Row[], codec: RowCodec): Promise<void> {
  await mkdir(DATA, { recursive: true });
  const shaper = new TableShaper({
    table: "bench",
    options: tableOptions.parse({ mode: "append", columns: COLUMNS }),
    capabilities: CLICKHOUSE_CAPABILITIES,
  });
  await pipe(function* () {
    const writer = new ByteWriter();
    for (let from = 0; from < rows.length; from += 10_000) {
      for (const row of shaper.shape(rows.slice(from, from + 10_000)).rows) codec.write(writer, row);
      yield writer.take();
    }
  }, createWriteStream(file));
}
