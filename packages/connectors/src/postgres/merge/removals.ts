import { MillraceError, type Row } from "@millrace/core";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { CompletedEpoch, TableCommit } from "../session/table-work.ts";
import type { TableSql } from "../sql/table-sql.ts";
import { Fingerprints } from "../stage/fingerprints.ts";
import type { FingerprintCache } from "./fingerprint-cache.ts";
import { conflict } from "./apply-staged.ts";
import { ABSENT, GIVEN_PREFIXES, type MergeSql } from "./merge-sql.ts";
import { hashPrefixes } from "./prefixes.ts";
import type { Seen } from "./seen.ts";

/** Live rows from which on the share of removals is looked at. */
const SHARE_FROM_ROWS = 100;
const DEFAULT_SHARE = 0.5;
/** Rows that one statement removes at most. */
const CHUNK_ROWS = 500_000;
export interface RemovalOptions {
  readonly context: SessionContext;
  readonly sql: TableSql;
  readonly merge: MergeSql;
  readonly seen: Seen;
  readonly cache: FingerprintCache;
  /** Rows of the table that this commit inserted. */
  readonly inserted: number;
  /** Live rows before this commit, where they are in memory. */
  readonly liveBefore: number;
  /** Only count. */
  readonly dryRun: boolean;
  /** Dry run: prefixes of the hashes of rows that would be updated, and so would have others. */
  readonly changed?: Buffer | undefined;
}

/** What a completed epoch removes. */
export interface Removed {
  readonly rows: number;
  /** Prefixes of their hashes, in parts. */
  readonly prefixes: readonly Buffer[];
}

/**
 * Removes the live rows of a completed epoch's scope that did not come in it, after all rows of the commit are written.
 * Fails with MLR_REMOVAL_SHARE where these are more than allowed: then the whole commit has to be rolled back.
 */
export async function removeUnseen(
  options: RemovalOptions,
  { record, where, through }: CompletedEpoch,
  commit: TableCommit,
): Promise<Removed> {
  const { cache, seen } = options;
  const found =
    where === undefined && cache.knows(record.id)
      ? unhit(options)
      : await unseen(options, { epoch: record.id, where, through, rows: record.rowsSeen + seen.total });
  if (found.rows === 0) return { rows: 0, prefixes: [] };
  const declaredEmpty = where !== undefined && record.rowsSeen + seen.rows(record.id) === 0;
  // What the epoch itself brought was not live before: exchanging every key is removing everything.
  const live = found.live - record.rowsInserted;
  if (!declaredEmpty) checkShare(options.sql, { live, removed: found.rows, scope: record.scope });
  if (options.dryRun) return { rows: found.rows, prefixes: found.prefixes };
  let rows = 0;
  for (const prefixes of found.prefixes) rows += await remove(options, where, prefixes);
  commit.counts.removed += rows;
  return { rows, prefixes: found.prefixes };
}

/**
 * Removes the rows that the comparison with all staged rows has found to be gone; `live` is the number of live rows before
 * the commit. Fails with MLR_REMOVAL_SHARE as `removeUnseen`, and with MLR_DESTINATION_CONFLICT where somebody else changed them.
 */
export async function removeAbsent(
  options: RemovalOptions & { readonly diff: string },
  { record }: CompletedEpoch,
  found: { readonly live: number; readonly rows: number },
): Promise<void> {
  const { context, sql, merge, diff } = options;
  if (found.rows === 0) return;
  checkShare(sql, { live: found.live, removed: found.rows, scope: record.scope });
  const { rows } = await runSql<{ n: string }>(
    context,
    `removing rows from table "${sql.table.name}"`,
    merge.remove(sql.table.removals !== "delete", { using: `${diff} AS d`, condition: ABSENT }),
    [context.run],
  );
  if (Number(rows[0]?.n ?? 0) !== found.rows) throw conflict(sql.table.name);
}

/** Rows that were live before this commit, and those that did not come. */
interface Found {
  readonly live: number;
  readonly rows: number;
  readonly prefixes: readonly Buffer[];
}

function unhit({ cache, liveBefore }: RemovalOptions): Found {
  const rows = cache.rows;
  if (rows === undefined) return { live: 0, rows: 0, prefixes: [] };
  const prefixes = [...rows.unhit(CHUNK_ROWS)];
  return { live: liveBefore, rows: countIn(prefixes), prefixes };
}

/** Compares the table with what was seen, in as many passes over parts of the hashes as memory asks for. */
async function unseen(
  options: RemovalOptions,
  came: {
    readonly epoch: string;
    readonly where: Row | undefined;
    readonly through: number | undefined;
    readonly rows: number;
  },
): Promise<Found> {
  const { where } = came;
  const { context, sql } = options;
  const maxBytes = context.passBytes;
  const passes = Math.min(256, Math.max(1, Math.ceil((came.rows * 1.2) / Fingerprints.capacity(maxBytes))));
  const prefixes: Buffer[] = [];
  let live = 0;
  for (let pass = 0; pass < passes; pass++) {
    const range = { from: Math.ceil((pass * 256) / passes), to: Math.ceil(((pass + 1) * 256) / passes) - 1 };
    const seen = await seenIn(options, came, range, { maxBytes, expected: Math.ceil(came.rows / passes) });
    for await (const part of hashPrefixes(context, sql, where, passes === 1 ? undefined : range)) {
      live += part.length / 8;
      const missing = notIn(seen, part);
      if (missing.length > 0) prefixes.push(missing);
    }
  }
  const rows = countIn(prefixes);
  return {
    live: rows === 0 ? live : live - (await broughtNow(options, where)),
    rows,
    prefixes: joined(prefixes),
  };
}

function countIn(prefixes: readonly Buffer[]): number {
  return prefixes.reduce((sum, part) => sum + part.length / 8, 0);
}

async function seenIn(
  { seen, context, changed }: RemovalOptions,
  { epoch, through }: { readonly epoch: string; readonly through: number | undefined },
  range: { readonly from: number; readonly to: number },
  size: { readonly maxBytes: number; readonly expected: number },
): Promise<Fingerprints> {
  // Passes are cut so that the limit holds on average; a pass that is a little larger than others must not fail.
  const came = new Fingerprints({ maxBytes: size.maxBytes * 2, expected: size.expected });
  const add = (part: Buffer): void => {
    for (let at = 0; at < part.length; at += 8) {
      const first = part[at] as number;
      if (first < range.from || first > range.to) continue;
      if (!came.add(part.readUInt32BE(at), part.readUInt32BE(at + 4)))
        throw new MillraceError("MLR_INTERNAL", "what an epoch has seen does not fit into its passes");
    }
  };
  if (changed !== undefined) add(changed);
  for await (const part of seen.recent(epoch, through)) add(part);
  if (context.storedEpochs.has(epoch)) for await (const part of seen.stored(epoch)) add(part);
  return came;
}

function notIn(came: Fingerprints, part: Buffer): Buffer {
  const missing = Buffer.allocUnsafe(part.length);
  let length = 0;
  for (let at = 0; at < part.length; at += 8) {
    if (came.find(part.readUInt32BE(at), part.readUInt32BE(at + 4)) >= 0) continue;
    part.copy(missing, length, at, at + 8);
    length += 8;
  }
  return length === part.length ? missing : Buffer.from(missing.subarray(0, length));
}

/** Small parts as one, up to what one statement takes. */
function joined(parts: readonly Buffer[]): Buffer[] {
  const all = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  const chunks: Buffer[] = [];
  for (let at = 0; at < all.length; at += CHUNK_ROWS * 8) chunks.push(all.subarray(at, at + CHUNK_ROWS * 8));
  return chunks;
}

async function remove(options: RemovalOptions, where: Row | undefined, prefixes: Buffer): Promise<number> {
  const { context, sql, merge } = options;
  const condition = `substring(t._row_hash FROM 1 FOR 8) = given.prefix AND ${sql.within("t", where)}`;
  const { rows } = await runSql<{ n: string }>(
    context,
    `removing rows from table "${sql.table.name}"`,
    merge.remove(sql.table.removals !== "delete", { using: GIVEN_PREFIXES, condition }),
    [context.run, prefixes, prefixes.length / 8],
  );
  return Number(rows[0]?.n ?? 0);
}

/** Rows that this commit inserted into the scope: they were not live before. */
async function broughtNow(
  { context, sql, inserted, dryRun }: RemovalOptions,
  where: Row | undefined,
): Promise<number> {
  if (inserted === 0 || dryRun) return 0;
  if (where === undefined) return inserted;
  const { rows } = await runSql<{ n: string }>(
    context,
    `counting rows of table "${sql.table.name}"`,
    `SELECT count(*) AS n FROM ${sql.target} AS t WHERE t._loaded_at = now() AND t._run_id = $1::uuid AND ${sql.within("t", where)}
       AND NOT EXISTS (SELECT FROM ${sql.history} AS h WHERE ${sql.keysEqual("h", "t")} AND h._archived_at = now() AND h._operation = 'update')`,
    [context.run],
  );
  return Number(rows[0]?.n ?? 0);
}

function checkShare(
  sql: TableSql,
  {
    live,
    removed,
    scope,
  }: { live: number; removed: number; scope: Readonly<Record<string, unknown>> | undefined },
): void {
  const { table } = sql;
  const limit = table.maxRemovedShare ?? DEFAULT_SHARE;
  if (live < SHARE_FROM_ROWS || removed <= live * limit) return;
  const where = scope === undefined ? "" : ` in scope ${JSON.stringify(scope)}`;
  throw new MillraceError(
    "MLR_REMOVAL_SHARE",
    `the reading would remove ${removed} of ${live} live rows of table "${table.name}"${where}, more than the share of ${limit} that is allowed`,
    {
      hint: "Nothing of this commit was kept; earlier commits stand. If the source really holds no more, raise maxRemovedShare for this run.",
      details: { table: table.name, live, removed, maxRemovedShare: limit },
    },
  );
}
