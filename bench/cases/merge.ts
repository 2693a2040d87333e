import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { pipeline as pipe } from "node:stream/promises";
import { benchDatabase, DATA, psql, psqlPath } from "../lib/database.ts";
import { fromMemory, ours } from "../lib/ours.ts";
import { round, type Measured } from "../lib/result.ts";
import { interleave, type Contender } from "../lib/rounds.ts";
import { benchRows, copyText, TABLE_SQL } from "../lib/rows.ts";
import { expertMerge, handWrittenMerge } from "../peers/sql-merge.ts";

const ROWS = Number(process.env["BENCH_ROWS"] ?? 1_000_000);
const REMOVED = Math.round(ROWS / 2_000);

/** Merging a million rows with history, first and again, against `\copy` and against merges written by hand. */
export async function measure(): Promise<Measured[] | { skipped: string }> {
  if (psqlPath() === undefined)
    return { skipped: "psql is not installed (Debian package postgresql-client)" };
  const database = await benchDatabase();
  const { url, sql } = database;
  await mkdir(DATA, { recursive: true });
  const first = benchRows(0, ROWS);
  const write = (name: string, rows: typeof first): Promise<void> =>
    pipe(
      function* () {
        for (const row of rows) yield copyText(row);
      },
      createWriteStream(`${DATA}${name}.txt`),
    );
  await write("merge-first", first);

  const drop = async (table: string): Promise<void> => {
    await sql(`DROP TABLE IF EXISTS ${table}, ${table}__history`);
    await sql(`DELETE FROM millrace.tables WHERE table_name = '${table}'`).catch(() => undefined);
  };
  const merge = async (
    table: string,
    rows: typeof first,
    options: { complete?: boolean; fingerprintBytes?: number } = {},
  ): Promise<void> => void (await ours({ url, table, mode: "merge", source: fromMemory(rows), ...options }));
  const filled = (table: string) => async (): Promise<void> => {
    await drop(table);
    await merge(table, first);
    await sql(`VACUUM ANALYZE ${table}`);
  };
  const peerFilled = (table: string) => async (): Promise<void> => {
    await sql(`DROP TABLE IF EXISTS ${table}, ${table}__history`);
    await sql(`CREATE TABLE ${table} (${TABLE_SQL}, PRIMARY KEY (id))`);
    await sql(
      `CREATE TABLE ${table}__history (LIKE ${table}, operation text, changed text[], archived_at timestamptz)`,
    );
    await psql(url, `\\copy ${table} from '${DATA}merge-first.txt'`);
    await sql(`VACUUM ANALYZE ${table}`);
  };

  const freshLoads = (): Promise<Record<string, number>> => {
    const further = benchRows(ROWS, 2 * ROWS);
    const work = (): Promise<void> => merge("bench_new", further, { complete: false });
    return interleave([{ name: "new", prepare: filled("bench_new"), work }, copying], 3);
  };
  const copying: Contender = {
    name: "copy",
    prepare: async () => {
      await sql("DROP TABLE IF EXISTS bench_copy");
      await sql(`CREATE TABLE bench_copy (${TABLE_SQL})`);
    },
    work: () => psql(url, `\\copy bench_copy from '${DATA}merge-first.txt'`),
  };
  // Rows that a contender does not need would only give the garbage collector work that users do not have.
  const loads = await interleave(
    [{ name: "first", prepare: () => drop("bench_first"), work: () => merge("bench_first", first) }, copying],
    5,
  );
  const fresh = await freshLoads();
  // 1 % changed, as many new ones as removed ones.
  const second = benchRows(REMOVED, ROWS + REMOVED, (i) => i % 100 === 7);
  await write("merge-second", second);
  const merges = await interleave(
    [
      { name: "second", prepare: filled("bench_second"), work: () => merge("bench_second", second) },
      {
        name: "beyond",
        prepare: filled("bench_beyond"),
        work: () => merge("bench_beyond", second, { fingerprintBytes: 65_536 }),
      },
      {
        name: "hand",
        prepare: peerFilled("bench_hand"),
        work: () => handWrittenMerge(url, "bench_hand", `${DATA}merge-second.txt`),
      },
      {
        name: "expert",
        prepare: peerFilled("bench_expert"),
        work: () => expertMerge(url, "bench_expert", `${DATA}merge-second.txt`),
      },
    ],
    3,
  );
  await database.close();

  const { first: firstSeconds = 0, copy = 0 } = loads;
  const { new: newSeconds = 0, copy: copyBeside = 0 } = fresh;
  const { second: secondSeconds = 0, beyond = 0, hand = 0, expert = 0 } = merges;
  const peakMemoryMb = round(process.resourceUsage().maxRSS / 1024, 0);
  const copyPeer = { peers: { "psql \\copy (no key, no hash)": copy }, peakMemoryMb };
  const mergePeers = {
    peers: { "COPY + MERGE + history": hand, "expert: unlogged staging, one full join": expert },
    peakMemoryMb,
  };
  const size = `${ROWS} rows of 10 columns`;
  return [
    {
      name: "merge: first load",
      work: `merge ${size} into an empty table, seconds`,
      ours: firstSeconds,
      ratio: round(copy / firstSeconds),
      goal: ">= 0.7",
      ...copyPeer,
    },
    {
      name: "merge: all new",
      work: `merge ${size}, all new, into as many, seconds`,
      ours: newSeconds,
      ratio: round(copyBeside / newSeconds),
      goal: ">= 0.3",
      peers: { "psql \\copy (no key, no hash)": copyBeside },
      peakMemoryMb,
    },
    {
      name: "merge: 1 % changed",
      work: `merge ${size}, 1 % changed, 0.05 % new and removed, seconds`,
      ours: secondSeconds,
      ratio: round(hand / secondSeconds),
      goal: ">= 1.8",
      ...mergePeers,
    },
    {
      name: "merge: 1 % changed, no fingerprints",
      work: "the same beyond the fingerprint cap, seconds",
      ours: beyond,
      ratio: round(hand / beyond),
      goal: ">= 1.4",
      ...mergePeers,
    },
  ];
}
