import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { benchDatabase } from "../lib/database.ts";
import { median, round, type Measured } from "../lib/result.ts";

const SMALL = 100_000;
const LARGE = Number(process.env["BENCH_LARGE_ROWS"] ?? 10_000_000);
const child = fileURLToPath(new URL("../lib/memory-child.ts", import.meta.url));

/** Peak memory of a process that merges ten million generated rows, against the same with a hundred thousand. */
export async function measure(): Promise<Measured[]> {
  const database = await benchDatabase();
  const results: Measured[] = [];
  for (const mode of ["append", "merge"]) {
    const peaks = async (rows: number, rounds: number): Promise<number> => {
      const values: number[] = [];
      for (let i = 0; i < rounds; i++) {
        await database.sql("DROP TABLE IF EXISTS bench_memory, bench_memory__history");
        await database
          .sql("DELETE FROM millrace.tables WHERE table_name = 'bench_memory'")
          .catch(() => undefined);
        values.push(await peakOf(database.url, mode, rows));
      }
      return round(median(values), 0);
    };
    const small = await peaks(SMALL, 3);
    const large = await peaks(LARGE, 1);
    const common = { ours: large, peers: { [`ours with ${SMALL} rows`]: small }, peakMemoryMb: large };
    results.push(
      {
        name: `memory: ${mode}, growth`,
        work: `peak MB with ${LARGE} rows ÷ with ${SMALL}`,
        ratio: round(large / small),
        goal: "<= 1.3",
        ...common,
      },
      {
        name: `memory: ${mode}, peak`,
        work: `peak MB with ${LARGE} rows`,
        ratio: large,
        goal: "< 300",
        ...common,
      },
    );
  }
  await database.sql("DROP TABLE IF EXISTS bench_memory, bench_memory__history");
  await database.close();
  return results;
}

async function peakOf(url: string, mode: string, rows: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=@millrace/source",
    "--max-old-space-size=96",
    "--max-semi-space-size=8",
    child,
    url,
    mode,
    String(rows),
  ]);
  process.stderr.write(`  ${mode} ${rows} rows: ${stdout.trim()} MB\n`);
  return Number(stdout);
}
