import { canonicalText, MillraceError, type ColumnDefinition, type Row } from "@millrace/core";
import { ByteReader } from "../codec/byte-reader.ts";
import { hasArrays, NULL_ARRAYS } from "../codec/column-form.ts";
import { literal } from "../codec/literal.ts";
import { decodeRows, RowCodec } from "../codec/row-codec.ts";
import { ADDED, type PhysicalTable } from "../define/layout.ts";
import { quote } from "../server/quote.ts";
import type { Action } from "../state/actions.ts";
import { STATE_DATABASE } from "../state/names.ts";
import { cutOff } from "../stage/rewrite-rows.ts";
import { RowLane } from "../stage/row-lane.ts";
import type { CommitContext } from "./commit-context.ts";
import { attachOf, createLike } from "./delta.ts";
import type { DiffCounts, DiffTable } from "./diff-table.ts";

/** Rows that one statement may look up by key. */
const LOOKUP_KEYS = 200_000;

/** Old versions of updated rows, and removed rows where they are archived. */
export async function prepareHistory(
  context: CommitContext,
  diff: DiffTable,
  counts: DiffCounts,
): Promise<Action[]> {
  const { layout, work } = context;
  const { history } = layout;
  if (history === undefined)
    throw new MillraceError("MLR_INTERNAL", `table "${layout.main.name}" has no history`);
  const archived = layout.definition.removals === "delete" ? 0 : counts.marks;
  const rows = counts.updated + archived;
  if (rows === 0) return [];
  const delta = await createLike(work, history, "history");
  if (counts.updated > 0) await writeUpdated(context, { diff, delta, history, count: counts.updated });
  if (archived > 0) await writeRemoved(context, { diff, delta, counts });
  return [attachOf(context, history, delta, rows)];
}

interface Task {
  readonly diff: DiffTable;
  readonly delta: string;
}

/** A condition on the key per part, so that no statement looks up too many keys. */
function* parts(count: number, key: string): Generator<string> {
  const total = Math.ceil(count / LOOKUP_KEYS);
  if (total <= 1) yield "1";
  else for (let part = 0; part < total; part++) yield `cityHash64(${key}) % ${total} = ${part}`;
}

/** Stored and new rows come in the order of the key: side by side they tell what changed, by canonical text. */
async function writeUpdated(
  context: CommitContext,
  { diff, delta, history, count }: Task & { readonly history: PhysicalTable; readonly count: number },
): Promise<void> {
  const { layout, work, batchBytes } = context;
  const { server } = work;
  const { columns, name } = layout.definition;
  const doing = `keeping old rows of table "${name}"`;
  const lane = new RowLane({ server, database: STATE_DATABASE, table: delta, batchBytes, doing });
  const writing = new RowCodec(history.columns, server.features, {
    _version: context.version * 2n,
    _operation: "update",
    _archived_at: context.nowMicros,
    _archived_run: context.run,
    _batch: context.batch,
  });
  const changed = compileChanged(columns);
  for (const part of parts(count, diff.userKey)) {
    const before = readSorted(context, oldRows(context, diff, `upd AND ${inDiff(part, diff)}`, part), true);
    const after = readSorted(context, newRows(context, diff, `upd AND ${inDiff(part, diff)}`), false);
    for await (const old of before) {
      const next = await after.next();
      if (next.done === true) throw cutOff();
      writing.write(lane.writer, { ...old, _changed: changed(old, next.value) });
      await lane.advance();
    }
    await after.return(undefined);
  }
  await lane.flush();
}

/** The condition on the user's key columns, for those of the comparison. */
function inDiff(part: string, diff: DiffTable): string {
  return part === "1" ? "1" : part.replace(`cityHash64(${diff.userKey})`, `cityHash64(${diff.key})`);
}

function oldRows({ main }: CommitContext, diff: DiffTable, which: string, part: string): string {
  return `FROM ${quote(main.database, main.table)} WHERE ${part} AND (${diff.userKey}, _version) IN (SELECT ${diff.key}, o_ver FROM ${diff.name} WHERE ${which})`;
}

function newRows({ stage }: CommitContext, diff: DiffTable, which: string): string {
  return `FROM ${quote(STATE_DATABASE, stage?.rows ?? "")} WHERE _ordinal IN (SELECT o FROM ${diff.name} WHERE ${which})`;
}

async function* readSorted(
  context: CommitContext,
  from: string,
  stored: boolean,
): AsyncGenerator<Row, void, undefined> {
  const { work, layout } = context;
  const { columns, key, name } = layout.definition;
  const codec = new RowCodec(
    stored ? [...columns, ADDED.hash, ADDED.run, ADDED.loaded] : columns,
    work.server.features,
  );
  const order = key.map((each) => quote(each)).join(", ");
  const sql = `SELECT ${codec.selectList} ${from} ORDER BY ${order} FORMAT RowBinary`;
  const doing = `comparing rows with table "${name}"`;
  const decoded = decodeRows(
    work.server.stream(sql, { doing }),
    new ByteReader(),
    (reader) => codec.read(reader),
    cutOff,
  );
  for await (const rows of decoded) yield* rows;
}

/** Names of the columns in which two versions of a row differ, in the table's order. */
function compileChanged(columns: readonly ColumnDefinition[]): (before: Row, after: Row) => string[] {
  const texts = columns.map(({ name, type, unordered }) => ({ name, text: canonicalText(type, unordered) }));
  const textOf = (row: Row, name: string, text: (value: unknown) => string): string | undefined => {
    const value = Object.hasOwn(row, name) ? row[name] : null;
    return value === null || value === undefined ? undefined : text(value);
  };
  return (before, after) =>
    texts
      .filter(({ name, text }) => textOf(before, name, text) !== textOf(after, name, text))
      .map(({ name }) => name);
}

/** Removed rows as they were last: as stored, or as they came in this very commit. */
async function writeRemoved(
  context: CommitContext,
  { diff, delta, counts }: Task & { readonly counts: DiffCounts },
): Promise<void> {
  const { work, layout, version, nowMicros, run, batch } = context;
  const { features } = work.server;
  const { columns, name } = layout.definition;
  const own = [...columns.map((column) => quote(column.name)), ADDED.hash.name];
  const now = literal(ADDED.loaded, nowMicros, features);
  const added = [
    ["_version", `toUInt64(${version * 2n + 1n})`],
    ["_operation", "'remove'"],
    ["_archived_at", now],
    ["_archived_run", `toUUID('${run}')`],
    ["_batch", `toUInt64(${batch})`],
  ] as const;
  const nulls = hasArrays(columns) ? [NULL_ARRAYS] : [];
  const into = [...own, ADDED.run.name, ADDED.loaded.name, ...added.map(([column]) => column), ...nulls].join(
    ", ",
  );
  const insert = (values: readonly string[], from: string): Promise<void> =>
    work.server.run(
      `INSERT INTO ${quote(STATE_DATABASE, delta)} (${into}) SELECT ${[...own, ...values, ...added.map(([, value]) => value), ...nulls].join(", ")} ${from}`,
      { doing: `keeping removed rows of table "${name}"` },
    );
  const gone = "(removed_by > 0 OR orphan)";
  if (counts.fresh > 0) {
    await insert([`toUUID('${run}')`, now], newRows(context, diff, `${gone} AND (ins OR upd)`));
  }
  if (counts.marks === counts.fresh) return;
  for (const part of parts(counts.marks, diff.userKey)) {
    const which = `${gone} AND NOT (ins OR upd) AND ${inDiff(part, diff)}`;
    await insert([ADDED.run.name, ADDED.loaded.name], oldRows(context, diff, which, part));
  }
}
