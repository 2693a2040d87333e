import {
  addCounts,
  MillraceError,
  zeroCounts,
  type CommitResult,
  type Counts,
  type Cut,
  type EncodableBatch,
  type EpochCut,
  type FieldDifference,
  type Owner,
  type Recovered,
  type SchemaChange,
  type Session,
  type TableDefinition,
} from "@millrace/core";
import { currentTable, presentColumns } from "../define/current-table.ts";
import { ManagedTable } from "../define/managed-table.ts";
import type { PlacedTable } from "../ddl/create-table.ts";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { isConnectionLost } from "../errors.ts";
import { quoteLiteral, quoteTable } from "../quote.ts";
import { fenced } from "../state/fence.ts";
import { recordCommit } from "../state/record-commit.ts";
import { workFor } from "../modes/work-for.ts";
import { runSql, type SessionContext } from "./session-context.ts";
import type { CompletedEpoch, EpochRecord, TableCommit, TableWork } from "./table-work.ts";

/** What a session is made of. */
export interface SessionParts {
  readonly context: SessionContext;
  readonly owner: Owner;
  readonly recovered: Recovered;
  /** Open epochs that are in the database, by id; kept up to date. */
  readonly epochs: Map<string, EpochRecord>;
  /** Schema `millrace` exists. */
  readonly recorded: boolean;
  readonly defaultSchema: string | undefined;
  /** Forget what was stored with the first commit. */
  readonly full: boolean;
  /** Side tables of epochs that are forgotten. */
  readonly forgottenSides: readonly string[];
  readonly now: (() => number) | undefined;
  /** Where the connection was lost: says whether that was because a later attempt took over. */
  explain(error: MillraceError): Promise<MillraceError>;
}

/** Names that columns of Millrace's own have, whatever the mode. */
const OWN_COLUMNS = ["_row_hash", "_run_id", "_loaded_at", "_snapshot"];

interface Entry {
  readonly managed: ManagedTable;
  readonly work: TableWork;
  /** Something was written to it since the last commit. */
  touched: boolean;
}

/** One attempt's exclusive way of writing into PostgreSQL. */
export class PostgresSession implements Session {
  readonly recovered: Recovered;
  readonly #p: SessionParts;
  readonly #context: SessionContext;
  readonly #tables = new Map<string, Entry>();
  #totals: Record<string, Counts>;
  #lastCommit: bigint;
  #last: CommitResult | undefined;
  #written = false;
  #forget: boolean;
  #broken: MillraceError | undefined;
  #closed: Promise<void> | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: SessionParts) {
    this.#p = parts;
    this.#context = parts.context;
    this.recovered = parts.recovered;
    const { run } = parts.recovered;
    this.#totals = run?.id === parts.context.run ? structuredClone({ ...run.counts }) : {};
    this.#lastCommit = parts.recovered.lastCommit;
    this.#forget = parts.full;
  }

  define(table: TableDefinition): Promise<readonly SchemaChange[]> {
    return this.#exclusive(() => this.#define(this.#place(table)));
  }

  existing(table: {
    readonly name: string;
    readonly namespace?: string;
  }): Promise<TableDefinition | undefined> {
    return this.#exclusive(async () => {
      const known = this.#tables.get(table.name)?.managed.table;
      const place = { name: table.name, namespace: this.#namespace(table.namespace) };
      if (known !== undefined && known.namespace === place.namespace) return known;
      await this.#context.lane.finish();
      const current = await currentTable(this.#context.connection, place, this.#p.recorded);
      if (current.description === undefined) return undefined;
      const owner =
        current.owners.find(({ pipeline }) => pipeline === this.#context.pipeline) ?? current.owners[0];
      const definition = owner?.definition ?? { ...place, columns: [], key: [], mode: "append" as const };
      // Without a record of it, what looks like ours is ours.
      const hidden = owner === undefined ? OWN_COLUMNS : metadataColumns(definition).map(({ name }) => name);
      return { ...definition, ...place, columns: presentColumns(current, hidden) };
    });
  }

  write(table: string, batch: EncodableBatch): Promise<void> {
    return this.#exclusive(async () => {
      const entry = this.#tables.get(table);
      if (entry === undefined)
        throw new MillraceError(
          "MLR_INTERNAL",
          `rows were written to table "${table}" before it was defined`,
        );
      this.#written = true;
      entry.touched = true;
      await entry.work.write(batch);
    });
  }

  commit(cut: Cut): Promise<CommitResult> {
    return this.#exclusive(async () => {
      if (this.#last?.id === cut.id && !this.#written) return this.#last;
      if (cut.id !== this.#lastCommit + 1n)
        throw new MillraceError(
          "MLR_INTERNAL",
          `commit ${cut.id} does not follow commit ${this.#lastCommit}`,
        );
      const result = this.#context.dryRun ? await this.#plan(cut) : await this.#commit(cut);
      this.#last = result;
      this.#lastCommit = cut.id;
      this.#written = false;
      return result;
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** One at a time, since there is one connection; what fails leaves the session good for nothing but closing. */
  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#queue;
    const turn = (async () => {
      await before.catch(() => undefined);
      if (this.#closed !== undefined) throw new MillraceError("MLR_INTERNAL", "the session is closed");
      if (this.#broken !== undefined) throw this.#broken;
      try {
        return await work();
      } catch (error) {
        this.#broken = await this.#p.explain(this.#context.connection.error(error, "writing"));
        throw this.#broken;
      }
    })();
    this.#queue = turn;
    return turn;
  }

  async #define(table: PlacedTable): Promise<readonly SchemaChange[]> {
    const entry = this.#tables.get(table.name);
    if (entry === undefined) return this.#defineFirst(table, this.#forget);
    const { managed, work } = entry;
    if (managed.table.namespace !== table.namespace) {
      throw new MillraceError(
        "MLR_SCHEMA_COLLISION",
        `table "${table.name}" is written in two database schemas by one pipeline`,
        { hint: "Give one of them another name with the option name." },
      );
    }
    if (managed.fits(table)) return [];
    await work.settle();
    await this.#context.lane.finish();
    const changes = await managed.redefine(table);
    await work.redefine(managed.table, await managed.alterAtOnce());
    return changes;
  }

  async #defineFirst(wanted: PlacedTable, admits = false): Promise<readonly SchemaChange[]> {
    await this.#context.lane.finish();
    const { table: managed, changes } = await ManagedTable.define(this.#context, wanted, this.#p.recorded);
    await managed.upgradeHashes();
    if (admits) await managed.admitChanges();
    const work = workFor(this.#context, managed, { epochs: this.#p.epochs, now: this.#p.now });
    this.#tables.set(wanted.name, { managed, work, touched: false });
    return changes;
  }

  async #commit(cut: Cut): Promise<CommitResult> {
    const { context } = this.#p;
    await context.step("commit-begin");
    for (const { work } of this.#tables.values()) await work.flush();
    const recorded = await this.#lockState(cut);
    if (recorded !== undefined) return recorded;
    await context.step("fenced");
    for (const { managed } of this.#tables.values()) await managed.execute();
    for (const { managed } of this.#tables.values()) await managed.record();
    await context.step("defined");
    if (this.#forget) await this.#dropForgotten();
    const { records, result } = await this.#applyAll(cut);
    const over = [...cut.completed.map(({ id }) => id), ...cut.discarded];
    const open = this.#changedOpen(records, cut, over);
    await recordCommit(context, { cut, result, open, over, forget: this.#forget });
    await context.step("recorded");
    for (const { work } of this.#tables.values()) await work.finish?.();
    await context.step("before-commit");
    await this.#send();
    await this.#afterCommit(records, over, result);
    return result;
  }

  /** Locks the state row and makes sure that this attempt still holds the fence. Returns the result where the commit landed already. */
  async #lockState({ id }: Cut): Promise<CommitResult | undefined> {
    const { transaction, lane, pipeline } = this.#context;
    await lane.finish();
    const rows = await transaction.beginWith<{
      attempt: string;
      last: string;
      result: Omit<CommitResult, "id"> | null;
    }>(
      "checking the fence",
      `SELECT attempt, last_commit AS last, last_result AS result FROM millrace.pipelines
       WHERE pipeline = ${quoteLiteral(pipeline)} FOR NO KEY UPDATE`,
    );
    const [row] = rows;
    const { owner } = this.#p;
    if (row === undefined || BigInt(row.attempt) !== owner.attempt) {
      await transaction.rollback();
      if (row !== undefined) throw fenced(owner, BigInt(row.attempt));
      throw new MillraceError("MLR_DESTINATION_CONFLICT", `the state of pipeline "${pipeline}" was deleted`, {
        hint: "Nothing was committed. Run again: it starts from the beginning.",
      });
    }
    const last = BigInt(row.last);
    if (last === id && row.result !== null) {
      await transaction.rollback();
      return { id, ...row.result };
    }
    if (last === id - 1n) return undefined;
    await transaction.rollback();
    throw new MillraceError(
      "MLR_INTERNAL",
      `commit ${id} of pipeline "${pipeline}" does not follow commit ${last}`,
    );
  }

  async #applyAll(cut: Cut): Promise<{ records: Map<string, EpochRecord>; result: CommitResult }> {
    const records = this.#epochRecords(cut);
    const tables: Record<string, Counts> = {};
    const withheld: Record<string, readonly string[]> = {};
    await this.#reopen(cut);
    for (const [name, entry] of this.#tables) {
      const commit = this.#tableCommit({ cut, name, records, withheld, entry });
      await entry.work.apply(commit);
      if (entry.managed.table.internal !== true && this.#isTouched(cut, name, entry))
        tables[name] = commit.counts;
    }
    for (const [name, counts] of Object.entries(cut.counts)) tables[name] ??= addCounts(zeroCounts(), counts);
    return { records, result: { id: cut.id, tables, totals: this.#addTotals(tables), withheld } };
  }

  async #plan(cut: Cut): Promise<CommitResult> {
    for (const { work } of this.#tables.values()) await work.flush();
    const records = this.#epochRecords(cut);
    const tables: Record<string, Counts> = {};
    const withheld: Record<string, readonly string[]> = {};
    const sample: FieldDifference[] = [];
    for (const [name, entry] of this.#tables) {
      const commit = this.#tableCommit({ cut, name, records, withheld, entry });
      await entry.work.plan(commit, sample);
      if (entry.managed.table.internal !== true && this.#isTouched(cut, name, entry))
        tables[name] = commit.counts;
    }
    for (const [name, counts] of Object.entries(cut.counts)) tables[name] ??= addCounts(zeroCounts(), counts);
    const totals = this.#addTotals(tables);
    this.#totals = totals;
    return { id: cut.id, tables, totals, withheld, sample: sample.slice(0, 20) };
  }

  #tableCommit(of: {
    cut: Cut;
    name: string;
    records: Map<string, EpochRecord>;
    withheld: Record<string, readonly string[]>;
    entry: Entry;
  }): TableCommit {
    const { cut, name, records, withheld, entry } = of;
    const own = new Map([...records].filter(([, record]) => record.table === name));
    for (const record of own.values()) for (const taint of entry.managed.taints) record.taints.add(taint);
    const completed = cut.completed.flatMap((epoch): CompletedEpoch[] => {
      const record = own.get(epoch.id);
      return record === undefined
        ? []
        : [{ record, where: epoch.scope === undefined ? undefined : epoch.where, through: epoch.through }];
    });
    return {
      id: cut.id,
      counts: addCounts(zeroCounts(), cut.counts[name] ?? {}),
      completed,
      discardedIds: cut.discarded,
      epochs: own,
      final: cut.final,
      withhold: (reasons) => {
        withheld[name] = [...new Set([...(withheld[name] ?? []), ...reasons])];
      },
    };
  }

  #isTouched(cut: Cut, name: string, { touched }: Entry): boolean {
    return (
      touched ||
      cut.counts[name] !== undefined ||
      cut.completed.some(({ table }) => table === name) ||
      cut.discarded.some((id) => this.#p.epochs.get(id)?.table === name)
    );
  }

  /** The open epochs as they are with this cut: copies, so that a commit that fails changes nothing. */
  #epochRecords(cut: Cut): Map<string, EpochRecord> {
    const stored = this.#forget ? [] : [...this.#p.epochs.values()];
    const records = new Map(
      stored.map((record) => [record.id, { ...record, taints: new Set(record.taints) }]),
    );
    for (const epoch of [...cut.begun, ...cut.completed]) {
      const record = records.get(epoch.id) ?? newRecord(epoch);
      for (const taint of epoch.taints) record.taints.add(taint);
      records.set(epoch.id, record);
    }
    for (const [id, taints] of cut.taints) for (const taint of taints) records.get(id)?.taints.add(taint);
    for (const id of cut.discarded) records.delete(id);
    return records;
  }

  /** Epochs that this commit has something new to say of. */
  #changedOpen(records: ReadonlyMap<string, EpochRecord>, cut: Cut, over: readonly string[]): EpochRecord[] {
    return [...records.values()].filter((record) => {
      if (over.includes(record.id)) return false;
      const before = this.#p.epochs.get(record.id);
      if (before === undefined || this.#forget || cut.taints.has(record.id)) return true;
      return (
        before.rowsSeen !== record.rowsSeen ||
        before.rowsInserted !== record.rowsInserted ||
        before.sideTable !== record.sideTable ||
        before.taints.size !== record.taints.size
      );
    });
  }

  /** Epochs are completed of tables that this session has not been told of: after a restart, with nothing more to come. */
  async #reopen(cut: Cut): Promise<void> {
    for (const { table, id } of [...cut.completed, ...this.#storedOf(cut.discarded)]) {
      if (this.#tables.has(table)) continue;
      const { rows } = await runSql<{ namespace: string; definition: TableDefinition }>(
        this.#context,
        `looking for table "${table}"`,
        "SELECT table_schema AS namespace, definition FROM millrace.tables WHERE pipeline = $1 AND table_name = $2",
        [this.#context.pipeline, table],
      );
      const [found] = rows;
      if (found !== undefined)
        await this.#defineFirst({ ...found.definition, name: table, namespace: found.namespace });
      void id;
    }
  }

  #storedOf(ids: readonly string[]): EpochRecord[] {
    return ids
      .flatMap((id) => this.#p.epochs.get(id) ?? [])
      .filter(({ sideTable }) => sideTable !== undefined);
  }

  async #dropForgotten(): Promise<void> {
    for (const name of this.#p.forgottenSides)
      await runSql(
        this.#context,
        "dropping what an abandoned reading left",
        `DROP TABLE IF EXISTS ${quoteTable({ namespace: "millrace", name })}`,
      );
  }

  /** Sends the COMMIT. Fails with MLR_COMMIT_UNKNOWN where the connection is lost before the answer. */
  async #send(): Promise<void> {
    const { transaction, lane } = this.#context;
    await lane.finish();
    const last = [...this.#tables.values()].flatMap(({ work }) => work.cleanup());
    try {
      await transaction.commit(last);
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      throw new MillraceError(
        "MLR_COMMIT_UNKNOWN",
        `the connection to ${this.#context.connection.location} was lost while commit ${this.#lastCommit + 1n} was under way`,
        { hint: "It may have landed: the next attempt finds out and goes on from there.", cause: error },
      );
    }
  }

  async #afterCommit(
    records: ReadonlyMap<string, EpochRecord>,
    over: readonly string[],
    result: CommitResult,
  ): Promise<void> {
    this.#p.epochs.clear();
    for (const record of records.values())
      if (!over.includes(record.id)) this.#p.epochs.set(record.id, { ...record, stored: true });
    this.#totals = { ...result.totals };
    this.#forget = false;
    try {
      for (const entry of this.#tables.values()) {
        await entry.work.committed();
        await entry.managed.committed();
        entry.touched = false;
      }
      await this.#context.step("after-commit");
    } catch (error) {
      // The commit has landed, and whoever asked for it has to know; the next call hears of the failure.
      this.#broken = await this.#p.explain(this.#context.connection.error(error, "after the commit"));
    }
  }

  #addTotals(tables: Record<string, Counts>): Record<string, Counts> {
    const totals = structuredClone(this.#totals);
    for (const [name, counts] of Object.entries(tables))
      totals[name] = addCounts(totals[name] ?? zeroCounts(), counts);
    return totals;
  }

  #place(table: TableDefinition): PlacedTable {
    return { ...table, namespace: this.#namespace(table.namespace) };
  }

  #namespace(wanted: string | undefined): string {
    const namespace = wanted ?? this.#p.defaultSchema ?? this.#context.connection.defaultSchema;
    if (namespace !== null) return namespace;
    throw new MillraceError(
      "MLR_SCHEMA_INVALID",
      "no database schema is named, and the user's search_path leads to none that exists",
      { hint: 'Name one: postgres({ schema: "public" }).' },
    );
  }

  async #close(): Promise<void> {
    const { connection, lane, transaction } = this.#context;
    // A COPY has no other end than its own or the connection's.
    if (lane.busy || this.#broken !== undefined) connection.cut();
    await this.#queue.catch(() => undefined);
    if (lane.busy) lane.abandon();
    if (!connection.lost) await transaction.rollback().catch(() => undefined);
    await connection.close();
  }
}

function newRecord(epoch: EpochCut): EpochRecord {
  return {
    id: epoch.id,
    stream: epoch.stream,
    table: epoch.table,
    scope: epoch.scope,
    taints: new Set(epoch.taints),
    rowsSeen: 0,
    rowsInserted: 0,
    sideTable: undefined,
    stored: false,
  };
}
