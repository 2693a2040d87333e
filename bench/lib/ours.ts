import { randomUUID } from "node:crypto";
import {
  executeRun,
  pipeline,
  type Attempts,
  type Row,
  type RunReport,
  type SourceFunction,
} from "@millrace/core";
import { postgres } from "@millrace/connectors/postgres";
import { COLUMNS } from "./rows.ts";

/** What a bench's pipeline is to do. */
export interface OursOptions {
  readonly url: string;
  readonly table: string;
  readonly mode: "append" | "merge";
  readonly source: SourceFunction;
  /** Default: all rows are one reading, so that rows left out are removed. */
  readonly complete?: boolean;
  readonly fingerprintBytes?: number;
  readonly commitRows?: number;
  /** Reads a file again that an earlier round read. */
  readonly full?: boolean;
}

let attempt = 0n;
const attempts: Attempts = {
  next: (above = 0n) => Promise.resolve((attempt = (attempt > above ? attempt : above) + 1n)),
};

/** Runs one pipeline through the engine as a user's would run, and fails where it does. */
export async function ours(options: OursOptions): Promise<RunReport> {
  const { url, table, mode, fingerprintBytes } = options;
  const report = await executeRun({
    pipeline: pipeline(`bench-${table.replaceAll("_", "-")}`, {
      source: options.source,
      ...(options.complete === undefined ? {} : { complete: options.complete }),
      destination: postgres({ url, ...(fingerprintBytes === undefined ? {} : { fingerprintBytes }) }).table(
        table,
        {
          mode,
          columns: COLUMNS,
          ...(mode === "merge" ? { key: ["id"] } : {}),
        },
      ),
      commit: { rows: options.commitRows ?? 2_000_000, bytes: 2 ** 40, seconds: 600 },
      retry: { attempts: 1 },
    }),
    environment: { databaseUrl: () => Promise.resolve(url), directory: process.cwd() },
    run: randomUUID(),
    attempts,
    ...(options.full === undefined ? {} : { full: options.full }),
  });
  if (report.status !== "succeeded") throw new Error(`bench run failed: ${JSON.stringify(report.error)}`);
  return report;
}

/** A source that hands over rows that are in memory already. */
export function fromMemory(rows: readonly Row[]): SourceFunction {
  return function* () {
    for (let i = 0; i < rows.length; i += 2_000) yield rows.slice(i, i + 2_000);
  };
}
