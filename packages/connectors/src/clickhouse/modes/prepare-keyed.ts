import type { Counts } from "@millrace/core";
import { literal } from "../codec/literal.ts";
import { ADDED } from "../define/layout.ts";
import { quote } from "../server/quote.ts";
import type { Action } from "../state/actions.ts";
import { STATE_DATABASE } from "../state/names.ts";
import { hasArrays, NULL_ARRAYS } from "../codec/column-form.ts";
import type { CommitContext, CompletedEpoch, Prepared } from "./commit-context.ts";
import { DiffTable, type DiffCounts } from "./diff-table.ts";
import { attachOf, createLike } from "./delta.ts";
import { prepareHistory } from "./prepare-history.ts";
import { prepareSeen } from "./prepare-seen.ts";
import { checkShares } from "./removal-share.ts";

/** Numbers of rows that one statement may look up by number. */
const LOOKUP_ROWS = 500_000;

/** upsert and merge: compares, and puts what is to be written into tables of the attempt's own. */
export async function prepareKeyed(context: CommitContext): Promise<Prepared> {
  const { layout, stage } = context;
  const { mode, removals } = layout.definition;
  const mayRemove = mode === "merge" && removals !== "keep";
  const removing = mayRemove ? context.completed.filter(({ record }) => record.taints.length === 0) : [];
  if (stage === undefined && removing.length === 0) return { actions: [], counts: {} };
  const diff = await DiffTable.create(context, removing);
  const counts = await diff.count();
  checkShares(context, removing, counts, await sawAnyOf(context, removing));
  const actions: Action[] = [];
  const rows = await prepareRows(context, diff, counts);
  if (rows !== undefined) actions.push(rows);
  if (mode === "merge") actions.push(...(await prepareHistory(context, diff, counts)));
  const seen = mode === "merge" ? await prepareSeen(context, diff, counts) : undefined;
  return {
    actions: [...actions, ...(seen?.actions ?? [])],
    counts: countsOf(counts, stage?.count ?? 0),
    ...(seen === undefined ? {} : { epochColumns: seen.columns }),
  };
}

function countsOf(counts: DiffCounts, came: number): Partial<Counts> {
  const { inserted, updated, unchanged, restored } = counts;
  return {
    inserted,
    updated,
    unchanged,
    restored,
    removed: counts.orphans + counts.unseen,
    duplicates: came - counts.staged,
  };
}

async function sawAnyOf(
  { stage, work }: CommitContext,
  removing: readonly CompletedEpoch[],
): Promise<(epoch: CompletedEpoch) => boolean> {
  const seen = new Set<string>();
  for (const [group, ids] of (stage?.groups ?? []).entries())
    if ((stage?.groupRows[group] ?? 0) > 0) for (const id of ids) seen.add(id);
  for (const { record, stored } of removing) {
    if (stored === undefined || seen.has(record.id)) continue;
    const [row] = await work.server.values(`SELECT count() FROM ${quote(stored.database, stored.table)}`);
    if (Number(row?.[0]) > 0) seen.add(record.id);
  }
  return ({ record }) => seen.has(record.id);
}

/** The new rows, and a mark for each removed one. */
async function prepareRows(
  context: CommitContext,
  diff: DiffTable,
  counts: DiffCounts,
): Promise<Action | undefined> {
  const { written, marks } = counts;
  if (written + marks === 0) return undefined;
  const { work, layout, stage } = context;
  const delta = await createLike(work, layout.main, "rows");
  if (written > 0 && stage?.rows !== undefined) await insertRows(context, diff, delta);
  if (marks > 0) await insertMarks(context, diff, delta);
  return attachOf(context, layout.main, delta, written + marks);
}

/** Values of the added columns that all rows of this commit have. */
function addedValues(
  { layout, run, nowMicros, version, batch, work }: CommitContext,
  removed: number,
): [string, string][] {
  const merge = layout.definition.mode === "merge";
  const shown: [string, string][] = [
    [ADDED.run.name, `toUUID('${run}')`],
    [ADDED.loaded.name, literal(ADDED.loaded, nowMicros, work.server.features)],
  ];
  return [
    ...(merge ? shown : []),
    [ADDED.version.name, `toUInt64(${version})`],
    [ADDED.removed.name, `toInt16(${removed})`],
    [ADDED.batch.name, `toUInt64(${batch})`],
  ];
}

async function insertRows(context: CommitContext, diff: DiffTable, delta: string): Promise<void> {
  const { layout, stage, work } = context;
  const { columns, mode, name } = layout.definition;
  const own = [
    ...columns.map((column) => quote(column.name)),
    ...(hasArrays(columns) ? [NULL_ARRAYS] : []),
    ...(mode === "merge" ? [ADDED.hash.name] : []),
  ];
  const added = addedValues(context, 0);
  const into = [...own, ...added.map(([column]) => column)].join(", ");
  const values = [...own, ...added.map(([, value]) => value)].join(", ");
  const count = stage?.count ?? 0;
  for (let from = 0; from < count; from += LOOKUP_ROWS) {
    const to = from + LOOKUP_ROWS;
    await work.server.run(
      `INSERT INTO ${quote(STATE_DATABASE, delta)} (${into}) SELECT ${values} FROM ${quote(STATE_DATABASE, stage?.rows ?? "")}
WHERE _ordinal > ${from} AND _ordinal <= ${to} AND _ordinal IN (SELECT o FROM ${diff.name} WHERE o > ${from} AND o <= ${to} AND (ins OR upd) AND removed_by = 0)`,
      { doing: `writing table "${name}"` },
    );
  }
}

/** A removed row stays as a mark with its key: 1 where its history tells that it was removed, 2 where it is forgotten. */
async function insertMarks(context: CommitContext, diff: DiffTable, delta: string): Promise<void> {
  const { layout, work } = context;
  const mark = layout.definition.removals === "delete" ? 2 : 1;
  const added = [[ADDED.hash.name, "''"] as const, ...addedValues(context, mark)];
  await work.server.run(
    `INSERT INTO ${quote(STATE_DATABASE, delta)} (${diff.userKey}, ${added.map(([column]) => column).join(", ")})
SELECT ${diff.key}, ${added.map(([, value]) => value).join(", ")} FROM ${diff.name} WHERE removed_by > 0 OR orphan`,
    { doing: `removing rows of table "${layout.definition.name}"` },
  );
}
