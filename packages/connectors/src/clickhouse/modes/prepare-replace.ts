import {
  MillraceError,
  planSnapshot,
  scopeOfStored,
  snapshotScope,
  storedScope,
  type SnapshotOutcome,
} from "@millrace/core";
import { hasArrays, NULL_ARRAYS } from "../codec/column-form.ts";
import { condition, literal } from "../codec/literal.ts";
import { ADDED, snapshotColumn, snapshotNumber } from "../define/layout.ts";
import { quote } from "../server/quote.ts";
import type { Action } from "../state/actions.ts";
import { whereValues, type EpochRecord } from "../state/epoch-record.ts";
import { STATE_DATABASE } from "../state/names.ts";
import type { CommitContext, CompletedEpoch, Place, Prepared } from "./commit-context.ts";
import { createLike, whatOf } from "./delta.ts";
import { PendingRows, type Pending } from "./pending-rows.ts";
import { columnsJson } from "./prepare-seen.ts";

/** The partition of tables that have one alone. */
const WHOLE = "tuple()";

/** replace and snapshot: rows wait with their reading, and take the place of those before when it is complete. */
export async function prepareReplace(context: CommitContext): Promise<Prepared> {
  const pending = new PendingRows(context);
  await pending.gather();
  const reveal = new Reveal(context, pending);
  for (const epoch of context.completed) await reveal.complete(epoch);
  for (const epoch of context.discarded) pending.counts.removed += await pending.stored(epoch);
  const kept = await pending.keep();
  const epochColumns = new Map(
    [...context.open.keys()]
      .filter((id) => pending.byEpoch.get(id)?.delta !== undefined)
      .map((id) => [id, columnsJson(context.layout.definition.columns)]),
  );
  const actions = [...kept, ...reveal.actions()];
  const { snapshot } = reveal;
  return { actions, counts: pending.counts, epochColumns, ...(snapshot === undefined ? {} : { snapshot }) };
}

/** Makes the content that each partition will have. */
class Reveal {
  readonly #context: CommitContext;
  readonly #pending: PendingRows;
  /** Partition → what it will hold; `undefined` where it goes. */
  readonly #contents = new Map<string, string | undefined>();
  snapshot: SnapshotOutcome | undefined;

  constructor(context: CommitContext, pending: PendingRows) {
    this.#context = context;
    this.#pending = pending;
  }

  actions(): Action[] {
    const { database, name } = this.#context.layout.main;
    return [...this.#contents].map(([partition, content]) => {
      const to = { database, table: name, partition };
      return content === undefined
        ? { do: "forget", ...to }
        : { do: "replace", what: whatOf(content), ...to };
    });
  }

  async complete(epoch: CompletedEpoch): Promise<void> {
    const pending = this.#pending.byEpoch.get(epoch.record.id);
    if (pending === undefined) return;
    if (epoch.record.taints.length > 0) {
      this.#pending.counts.removed += pending.total;
      return;
    }
    const { snapshot: how } = this.#context.layout.definition;
    if (how === undefined) return this.#replace(epoch.record, pending, { partition: WHOLE });
    const scope = epoch.cut.snapshot ?? snapshotScope(how, this.#context.nowMicros / 1_000);
    const existing = await this.#scopes();
    const value = storedScope(scope);
    await this.#replace(epoch.record, pending, { partition: String(value), snapshot: value });
    const plan = planSnapshot(how, scope, existing);
    for (const expired of plan.expired) await this.#expire(storedScope(expired));
    const before = this.snapshot;
    this.snapshot = {
      scope,
      missed: [...new Set([...(before?.missed ?? []), ...plan.missed])],
      expired: [...new Set([...(before?.expired ?? []), ...plan.expired])],
    };
  }

  async #replace(
    record: EpochRecord,
    pending: Pending,
    { partition, snapshot }: { readonly partition: string; readonly snapshot?: number | bigint },
  ): Promise<void> {
    const { work, layout } = this.#context;
    const { name } = layout.definition;
    const mine = this.#mine(record);
    this.#pending.counts.removed += await this.#count(partition, mine);
    const content = await createLike(work, layout.main, "content");
    const { into, values } = this.#columns(snapshot);
    const doing = `replacing the rows of table "${name}"`;
    for (const select of this.#pending.selects(pending, values)) {
      await work.server.run(`INSERT INTO ${quote(STATE_DATABASE, content)} (${into}) ${select}`, { doing });
    }
    if (mine !== "1") await this.#copyOthers(partition, content, mine);
    this.#contents.set(partition, content);
  }

  /** Rows that are not the reading's to replace stay; those whose key it brings are replaced nonetheless. */
  async #copyOthers(partition: string, content: string, mine: string): Promise<void> {
    const { work, layout } = this.#context;
    const { key, name } = layout.definition;
    const names = key.map((each) => quote(each)).join(", ");
    const to = quote(STATE_DATABASE, content);
    const brought = key.length === 0 ? "" : ` AND (${names}) NOT IN (SELECT ${names} FROM ${to})`;
    const { columns } = layout.main;
    const list = [
      ...columns.map((column) => quote(column.name)),
      ...(hasArrays(columns) ? [NULL_ARRAYS] : []),
    ].join(", ");
    const from = this.#current(partition);
    if (from === undefined) return;
    await work.server.run(
      `INSERT INTO ${to} (${list}) SELECT ${list} FROM ${from.sql} WHERE ${from.where} AND NOT (${mine})${brought}`,
      { doing: `replacing the rows of table "${name}"` },
    );
  }

  async #expire(scope: number | bigint): Promise<void> {
    const { work, layout } = this.#context;
    const partition = String(scope);
    const mine = this.#own();
    this.#pending.counts.removed += await this.#count(partition, mine);
    if (mine === "1") {
      this.#contents.set(partition, undefined);
      return;
    }
    const content = await createLike(work, layout.main, "content");
    await this.#copyOthers(partition, content, mine);
    this.#contents.set(partition, content);
  }

  /** What a partition holds by now: the table's rows, or what an epoch of this commit made of them. */
  #current(partition: string): { readonly sql: string; readonly where: string } | undefined {
    const { layout, main, work } = this.#context;
    if (this.#contents.has(partition)) {
      const content = this.#contents.get(partition);
      return content === undefined ? undefined : { sql: quote(STATE_DATABASE, content), where: "1" };
    }
    const where =
      partition === WHOLE ? "1" : `${snapshotNumber(layout.definition, work.server.features)} = ${partition}`;
    return { sql: placeSql(main), where };
  }

  async #count(partition: string, mine: string): Promise<number> {
    const from = this.#current(partition);
    if (from === undefined) return 0;
    const [row] = await this.#context.work.server.values(
      `SELECT count() FROM ${from.sql} WHERE ${from.where} AND (${mine})`,
    );
    return Number(row?.[0] ?? 0);
  }

  #columns(snapshot: number | bigint | undefined): { readonly into: string; readonly values: string } {
    const { layout, run, nowMicros, batch, work } = this.#context;
    const { definition } = layout;
    const { features } = work.server;
    const own = [
      ...definition.columns.map(({ name }) => quote(name)),
      ...(hasArrays(definition.columns) ? [NULL_ARRAYS] : []),
    ];
    const column = snapshotColumn(definition);
    const added: [string, string][] = [
      [ADDED.run.name, `toUUID('${run}')`],
      [ADDED.loaded.name, literal(ADDED.loaded, nowMicros, features)],
      [ADDED.batch.name, `toUInt64(${batch})`],
      ...(snapshot === undefined
        ? []
        : [[column.name, literal(column, snapshot, features)] as [string, string]]),
    ];
    return {
      into: [...own, ...added.map(([name]) => name)].join(", "),
      values: [...own, ...added.map(([, value]) => value)].join(", "),
    };
  }

  /** The rows that the reading replaces: the pipeline's own, in its scope. */
  #mine(record: EpochRecord): string {
    const { columns } = this.#context.layout.definition;
    const own = this.#own();
    const values = whereValues(record, columns);
    if (values === "whole") return own;
    const scope = values === "none" ? "0" : condition(values, columns, this.#context.work.server.features);
    return own === "1" ? `(${scope})` : `(${own}) AND (${scope})`;
  }

  #own(): string {
    const { columns, discriminator } = this.#context.layout.definition;
    if (discriminator === undefined) return "1";
    const values = whereValues({ where: { [discriminator.column]: discriminator.value } }, columns);
    return typeof values === "string" ? "0" : condition(values, columns, this.#context.work.server.features);
  }

  /** Scopes of the pipeline's own snapshots. */
  async #scopes(): Promise<string[]> {
    const { layout, main, work, lastSnapshot } = this.#context;
    const { definition } = layout;
    if (definition.snapshot === undefined)
      throw new MillraceError("MLR_INTERNAL", `table "${definition.name}" has no snapshots`);
    const { snapshot } = definition;
    const number = snapshotNumber(definition, work.server.features);
    const rows = await work.server.values(
      `SELECT DISTINCT toInt64(${number}) FROM ${placeSql(main)} WHERE ${this.#own()}`,
    );
    const known = rows.map(([value]) => scopeOfStored(snapshot, Number(value)));
    const taken = this.snapshot?.scope ?? lastSnapshot;
    return taken === undefined ? known : [...known, taken];
  }
}

function placeSql({ database, table }: Place): string {
  return quote(database, table);
}
