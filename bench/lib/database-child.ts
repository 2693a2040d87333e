import { randomUUID } from "node:crypto";
import { database } from "@millrace/connectors/database";
import { postgres } from "@millrace/connectors/postgres";
import { executeRun, pipeline } from "@millrace/core";

const [from = "", to = ""] = process.argv.slice(2);
let attempt = 0n;
const report = await executeRun({
  pipeline: pipeline("bench-database-memory", {
    source: database({ from: postgres({ url: from }), table: "bench_source" }),
    // A transform wants rows, so that none goes through as bytes.
    transforms: [(row) => row],
    destination: postgres({ url: to }).table("bench_source", { mode: "append" }),
    retry: { attempts: 1 },
  }),
  environment: { databaseUrl: () => Promise.resolve(to), directory: process.cwd() },
  run: randomUUID(),
  attempts: { next: () => Promise.resolve(++attempt) },
});
if (report.status !== "succeeded") throw new Error(`bench run failed: ${JSON.stringify(report.error)}`);
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
process.exit(0);
