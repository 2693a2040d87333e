import type { FieldDifference } from "@millrace/core";
import { runSql } from "../session/session-context.ts";
import type { TableCommit } from "../session/table-work.ts";
import { listDifferences, SAMPLE_ROWS, type Listing } from "../sql/sample.ts";
import type { RowLoader } from "../stage/row-loader.ts";
import type { KeptKeys } from "./kept-keys.ts";
import type { MergeTarget } from "./merge-target.ts";
import type { Parents } from "./parents.ts";
import { removeUnseen, type RemovalOptions } from "./removals.ts";

export interface PlanOptions extends RemovalOptions {
  readonly target: MergeTarget;
  readonly loader: RowLoader;
  readonly parents: Parents | undefined;
  readonly kept: KeptKeys;
  skippedTwice(): Promise<number>;
}

/** Counts what a merge would do, and lists some of the differences; changes nothing but the staging table. */
export async function planMerge(
  options: PlanOptions,
  commit: TableCommit,
  sample: FieldDifference[],
): Promise<void> {
  const { sql, loader, target, parents, cache } = options;
  const { counts } = commit;
  const stage = loader.staging;
  const what = `planning the merge into table "${sql.table.name}"`;
  counts.duplicates += await loader.dropSuperseded();
  counts.duplicates += (await parents?.dropSuperseded(sql, stage)) ?? 0;
  if (target.pending === "create") {
    counts.inserted += stage.rows;
    if (stage.rows > 0) await listNew(options, sample);
    return;
  }
  const twice = await options.skippedTwice();
  counts.duplicates += twice;
  counts.unchanged += cache.skipped - twice;
  let changed: Buffer | undefined;
  if (stage.rows > 0) {
    const planned = await countPlanned(options, what);
    counts.updated += planned.updated;
    counts.inserted += planned.inserted;
    counts.restored += planned.restored;
    counts.unchanged += stage.rows - planned.updated - planned.inserted;
    changed = planned.before;
    if (changed !== undefined) cache.forget(changed);
    await listChanges(options, sample);
  }
  await planRemovals({ ...options, changed }, commit, sample);
}

interface Planned {
  readonly updated: number;
  readonly inserted: number;
  readonly restored: number;
  /** Prefixes of the hashes that the updated rows have. */
  readonly before: Buffer | undefined;
}

/** What the staged rows would do. */
async function countPlanned({ context, loader, merge, target }: PlanOptions, what: string): Promise<Planned> {
  const isNew = "d.live IS NULL";
  const restored = target.hasRemovals
    ? `count(*) FILTER (WHERE ${isNew} AND ${merge.lastRemoved("s")})`
    : "0";
  const { rows } = await runSql<{
    updated: string;
    inserted: string;
    restored: string;
    before: Buffer | null;
  }>(
    context,
    what,
    `SELECT count(d.live) AS updated, count(*) FILTER (WHERE ${isNew}) AS inserted, ${restored} AS restored,
       string_agg(d.before, ''::bytea) AS before
     FROM (${merge.differences}) AS d JOIN ${loader.staging.name} AS s ON s.ctid = d.staged`,
  );
  const [row] = rows;
  return {
    updated: Number(row?.updated ?? 0),
    inserted: Number(row?.inserted ?? 0),
    restored: Number(row?.restored ?? 0),
    before: row?.before ?? undefined,
  };
}

async function planRemovals(
  options: PlanOptions,
  commit: TableCommit,
  sample: FieldDifference[],
): Promise<void> {
  const { context, sql, parents, loader } = options;
  if (sql.table.removals === "keep") return;
  if (parents?.some === true) {
    const { using, condition } = parents.orphans(sql, loader.staging, options.kept);
    await list(options, sample, {
      operation: "remove",
      select: `FROM ${sql.target} AS t, ${using} WHERE ${condition}`,
    });
    const { rows } = await runSql<{ n: string }>(
      context,
      `planning removals from table "${sql.table.name}"`,
      `SELECT count(*) AS n FROM ${sql.target} AS t, ${using} WHERE ${condition}`,
    );
    commit.counts.removed += Number(rows[0]?.n ?? 0);
  }
  for (const completed of commit.completed) {
    const taints = [...completed.record.taints];
    if (taints.length > 0) {
      commit.withhold(taints);
      continue;
    }
    const removed = await removeUnseen(options, completed, commit);
    commit.counts.removed += removed.rows;
    const [first] = removed.prefixes;
    if (first === undefined) continue;
    const some: string[] = [];
    for (let at = 0; at < first.length && some.length < SAMPLE_ROWS; at += 8)
      some.push(`'\\x${first.toString("hex", at, at + 8)}'::bytea`);
    await list(options, sample, {
      operation: "remove",
      select: `FROM ${sql.target} AS t WHERE substring(t._row_hash FROM 1 FOR 8) IN (${some.join(", ")}) AND ${sql.within("t", completed.where)}`,
    });
  }
}

async function listNew(options: PlanOptions, sample: FieldDifference[]): Promise<void> {
  const select = `FROM ${options.loader.staging.name} AS s ORDER BY s._ordinal`;
  await list(options, sample, { operation: "insert", select });
}

async function listChanges(options: PlanOptions, sample: FieldDifference[]): Promise<void> {
  const { sql, loader, merge, target } = options;
  const from = `FROM (${merge.differences}) AS d JOIN ${loader.staging.name} AS s ON s.ctid = d.staged`;
  const order = "ORDER BY s._ordinal";
  await list(options, sample, {
    operation: "update",
    select: `${from} JOIN ${sql.target} AS t ON t.ctid = d.live ${order}`,
  });
  const removed = target.hasRemovals ? merge.lastRemoved("s") : "false";
  await list(options, sample, {
    operation: "restore",
    select: `${from} WHERE d.live IS NULL AND ${removed} ${order}`,
  });
  await list(options, sample, {
    operation: "insert",
    select: `${from} WHERE d.live IS NULL AND NOT ${removed} ${order}`,
  });
}

function list(options: PlanOptions, sample: FieldDifference[], listing: Listing): Promise<void> {
  const { context, sql, target } = options;
  return listDifferences({ context, sql, present: target.presentColumns }, sample, listing);
}
