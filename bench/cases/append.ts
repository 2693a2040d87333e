import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { pipeline as pipe } from "node:stream/promises";
import { csv } from "@millrace/connectors/csv";
import { benchDatabase, DATA, psql, psqlPath } from "../lib/database.ts";
import { fromMemory, ours } from "../lib/ours.ts";
import { round, type Measured } from "../lib/result.ts";
import { interleave } from "../lib/rounds.ts";
import { benchRows, copyText, csvText, TABLE_SQL } from "../lib/rows.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 1_000_000);

/** Appending a million rows, against psql's `\copy` of the same rows from a file. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  if (psqlPath() === undefined)
    return { skipped: "psql is not installed (Debian package postgresql-client)" };
  const database = await benchDatabase();
  const rows = benchRows(0, ROWS);
  const text = `${DATA}append.txt`;
  const csvFile = `${DATA}append.csv`;
  await mkdir(DATA, { recursive: true });
  await pipe(function* () {
    for (const row of rows) yield copyText(row);
  }, createWriteStream(text));
  await pipe(function* () {
    yield `${Object.keys(rows[0] ?? {}).join(",")}\n`;
    for (const row of rows) yield csvText(row);
  }, createWriteStream(csvFile));
  const fresh = (table: string) => async (): Promise<void> => {
    await database.sql(`DROP TABLE IF EXISTS ${table}`);
    await database
      .sql("DELETE FROM millrace.tables WHERE table_name LIKE 'bench_append%'")
      .catch(() => undefined);
  };
  const seconds = await interleave(
    [
      {
        name: "ours",
        prepare: fresh("bench_append"),
        work: async () =>
          void (await ours({
            url: database.url,
            table: "bench_append",
            mode: "append",
            source: fromMemory(rows),
          })),
      },
      { name: "csv", prepare: fresh("bench_append_csv"), work: () => fromCsv(database.url, csvFile) },
      {
        name: "psql \\copy",
        prepare: async () => {
          await database.sql("DROP TABLE IF EXISTS bench_copy");
          await database.sql(`CREATE TABLE bench_copy (${TABLE_SQL})`);
        },
        work: () => psql(database.url, `\\copy bench_copy from '${text}'`),
      },
    ],
    5,
  );
  await database.close();
  const { ours: own = 0, csv: fromFile = 0, "psql \\copy": copy = 0 } = seconds;
  const common = {
    peers: { "psql \\copy": copy },
    peakMemoryMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
  return [
    {
      name: "append",
      work: `append ${ROWS} rows of 10 columns from memory, seconds`,
      ours: own,
      ratio: round(copy / own),
      goal: ">= 1.1",
      ...common,
    },
    {
      name: "append from CSV",
      work: `append ${ROWS} rows of 10 columns from a CSV file, seconds`,
      ours: fromFile,
      ratio: round(copy / fromFile),
      goal: null,
      ...common,
    },
  ];
}

async function fromCsv(url: string, path: string): Promise<void> {
  const source = csv({ path });
  await ours({
    url,
    table: "bench_append_csv",
    mode: "append",
    full: true,
    source: (context) => source.read(context),
  });
}
