import type pg from "pg";
import type { PruneOptions } from "../../../../prune/prune-options.ts";

/** The days (UTC) of logs are partitions of their own. */
const NAME = /^logs_(\d{4,})(\d{2})(\d{2})$/;
/** Any fixed number; who makes or drops a day takes this advisory lock first. */
const LOCK = 7_216_034_118_955_310n;

/** The day of an ISO time, such as `2026-11-22`. */
export function dayOf(at: string): string {
  return at.slice(0, at.indexOf("T"));
}

/** Makes the partition of a day, unless it is there. Other writers go on meanwhile. */
export async function makeDay(client: pg.ClientBase, day: string): Promise<void> {
  const name = `logs_${day.replaceAll("-", "")}`;
  if (!NAME.test(name)) return;
  await client.query("BEGIN");
  try {
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    const { rows } = await client.query("SELECT to_regclass($1) AS found", [`millrace_control.${name}`]);
    const [row] = rows as { found: string | null }[];
    if (row?.found == null) {
      // Attaching lets others write meanwhile, which creating in place does not.
      await client.query(
        `CREATE TABLE millrace_control.${name} (LIKE millrace_control.logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`,
      );
      await client.query(
        `ALTER TABLE millrace_control.logs ATTACH PARTITION millrace_control.${name}
         FOR VALUES FROM ('${day}T00:00:00Z') TO ('${nextDay(day)}T00:00:00Z')`,
      );
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

/** What pruning removed. */
export interface PrunedLogs {
  /** Days that went as a whole, such as `2026-11-20`. */
  readonly days: readonly string[];
  /** Lines that went besides. */
  readonly lines: number;
}

/** Removes old lines: whole days where possible, which costs nothing. Fails as PostgreSQL does. */
export async function pruneLogs(
  pool: pg.Pool,
  { olderThan, keep, dryRun = false }: PruneOptions,
): Promise<PrunedLogs> {
  const days = await listDays(pool);
  const gone = olderThan === undefined ? [] : days.filter(({ day }) => endOf(day) <= olderThan.getTime());
  let rest = days.filter((each) => !gone.includes(each)).toReversed();
  let lines = 0;
  if (keep !== undefined) {
    let room = keep;
    for (const each of rest) {
      const found = room > 0 ? await countLines(pool, each.table) : 0;
      if (room <= 0) gone.push(each);
      else if (found > room) {
        lines += dryRun ? found - room : await removeOldest(pool, each.table, found - room);
      }
      room -= found;
    }
    rest = rest.filter((each) => !gone.includes(each));
  }
  if (!dryRun) for (const { table } of gone) await dropDay(pool, table);
  return { days: gone.map(({ day }) => day).toSorted(), lines };
}

interface Day {
  readonly day: string;
  readonly table: string;
}

/** Oldest first. */
async function listDays(pool: pg.Pool): Promise<Day[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
     WHERE inhparent = 'millrace_control.logs'::regclass`,
  );
  return rows
    .flatMap(({ name }) => {
      const [, year, month, day] = NAME.exec(name) ?? [];
      return year === undefined
        ? []
        : [{ day: `${year}-${month}-${day}`, table: `millrace_control.${name}` }];
    })
    .toSorted((a, b) => endOf(a.day) - endOf(b.day));
}

async function countLines(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ count: string }>(`SELECT count(*) AS count FROM ${table}`);
  return Number(rows[0]?.count ?? 0);
}

async function removeOldest(pool: pg.Pool, table: string, count: number): Promise<number> {
  let left = count;
  while (left > 0) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE (at, id) IN (SELECT at, id FROM ${table} ORDER BY at, id LIMIT $1)`,
      [Math.min(left, 10_000)],
    );
    if (rowCount === null || rowCount === 0) break;
    left -= rowCount;
  }
  return count - left;
}

/** Waits for those who write, but not so long that others would have to wait behind it. */
async function dropDay(pool: pg.Pool, table: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await pool.connect();
    const ignore = (): void => undefined;
    // The statement that follows fails by itself where the server ends the connection.
    client.on("error", ignore);
    try {
      await client.query("BEGIN");
      await client.query("SET LOCAL lock_timeout = '2s'");
      await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      await client.query(`DROP TABLE IF EXISTS ${table}`);
      await client.query("COMMIT");
      client.removeListener("error", ignore);
      client.release();
      return;
    } catch (error) {
      client.release(true);
      if ((error as { code?: string }).code !== "55P03" || attempt === 5) throw error;
    }
  }
}

function endOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + 86_400_000;
}

function nextDay(day: string): string {
  return new Date(endOf(day)).toISOString().slice(0, 10);
}
