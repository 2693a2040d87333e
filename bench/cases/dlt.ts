import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { benchDatabase, DATA } from "../lib/database.ts";
import { fromMemory, ours } from "../lib/ours.ts";
import { round, type Measured } from "../lib/result.ts";
import { interleave, type Contender } from "../lib/rounds.ts";
import { benchRows } from "../lib/rows.ts";

const ROWS = Number(process.env["BENCH_DLT_ROWS"] ?? 100_000);
const run = promisify(execFile);
const script = fileURLToPath(new URL("../peers/dlt_load.py", import.meta.url));

/** The same append and merge by dlt (PyPI), with its default backend and with pyarrow. Timed inside dlt's process, without its imports. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  const python = await dltPython();
  if (python === undefined)
    return { skipped: "python3 with the package dlt[postgres] and pyarrow is not available" };
  const database = await benchDatabase();
  const rows = benchRows(0, ROWS);
  const again = benchRows(0, ROWS, (i) => i % 100 === 7);
  const results: Measured[] = [];
  for (const mode of ["append", "merge"] as const) {
    const table = `bench_dlt_${mode}`;
    const dlt = (backend: string): Contender => ({
      name: `dlt ${backend}`,
      work: async () => {
        const { stdout } = await run(python, [script, database.url, mode, backend, String(ROWS)], {
          maxBuffer: 2 ** 26,
        });
        return Number(stdout.trim().split("\n").at(-1));
      },
    });
    const seconds = await interleave(
      [
        {
          name: "ours",
          prepare: async () => {
            await database.sql(`DROP TABLE IF EXISTS ${table}, ${table}__history`);
            await database
              .sql(`DELETE FROM millrace.tables WHERE table_name = '${table}'`)
              .catch(() => undefined);
            if (mode === "merge") await ours({ url: database.url, table, mode, source: fromMemory(rows) });
          },
          work: async () =>
            void (await ours({
              url: database.url,
              table,
              mode,
              source: fromMemory(mode === "merge" ? again : rows),
            })),
        },
        dlt("default"),
        dlt("pyarrow"),
      ],
      3,
    );
    const own = seconds["ours"] ?? 0;
    for (const [backend, goal] of [
      ["default", ">= 5"],
      ["pyarrow", ">= 1"],
    ] as const) {
      const peer = seconds[`dlt ${backend}`] ?? 0;
      results.push({
        name: `dlt ${backend}: ${mode}`,
        work: `${mode} ${ROWS} rows of 10 columns, 1 % changed in the merge, seconds`,
        ours: own,
        peers: { [`dlt ${backend}`]: peer },
        ratio: round(peer / own),
        goal,
        peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
      });
    }
  }
  await database.close();
  return results;
}

/** Python of a virtual environment with dlt, made at first use. */
async function dltPython(): Promise<string | undefined> {
  const python = `${DATA}venv/bin/python`;
  try {
    if (!existsSync(python)) {
      await run("python3", ["-m", "venv", `${DATA}venv`]);
      await run(python, ["-m", "pip", "install", "-q", "dlt[postgres]", "pyarrow"], { maxBuffer: 2 ** 26 });
    }
    await run(python, ["-c", "import dlt, pyarrow, psycopg2"]);
    return python;
  } catch {
    return undefined;
  }
}
