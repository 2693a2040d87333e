import {
  addCounts,
  mergedSnapshot,
  MillraceError,
  zeroCounts,
  type CommitResult,
  type Counts,
  type Cut,
  type EncodableBatch,
  type EncodedShape,
  type FieldDifference,
  type Owner,
  type Recovered,
  type SchemaChange,
  type Session,
  type SnapshotOutcome,
  type TableDefinition,
} from "@millrace/core";
import { answerInquiry, type AskedTable } from "../check/answer-inquiry.ts";
import { writtenTable } from "../check/written-table.ts";
import { COPY_BINARY } from "../copy-format.ts";
import { currentTable, presentColumns } from "../define/current-table.ts";
import { ManagedTable } from "../define/managed-table.ts";
import type { PlacedTable } from "../ddl/create-table.ts";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { isConnectionLost } from "../errors.ts";
import { quoteTable, type QualifiedName } from "../quote.ts";
import { SAMPLE_ROWS } from "../sql/sample.ts";
import { TableSql } from "../sql/table-sql.ts";
import { checkFence } from "../state/check-fence.ts";
import { recordCommit } from "../state/record-commit.ts";
import { leaveQuarantine } from "./leave-quarantine.ts";
import { workFor } from "../modes/work-for.ts";
import { runSql, type SessionContext } from "./session-context.ts";
import type { CutEpochs, EpochBook } from "./epoch-book.ts";
import type { TableCommit, TableWork } from "./table-work.ts";

/** What a session is made of. */
export interface SessionParts {
  readonly context: SessionContext;
  readonly owner: Owner;
  readonly recovered: Recovered;
  /** The open epochs; kept up to date. */
  readonly epochs: EpochBook;
  /** Schema `millrace` exists. */
  readonly recorded: boolean;
  readonly defaultSchema: string | undefined;
  /** Forget what was stored with the first commit. */
  readonly full: boolean;
  /** Side tables of epochs that are forgotten. */
  readonly forgottenSides: readonly string[];
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
        current.owners.find(({ pipeline }) => pipeline === this.#context.tablesOf) ?? current.owners[0];
      const definition = owner?.definition ?? { ...place, columns: [], key: [], mode: "append" as const };
      // Without a record of it, what looks like ours is ours.
      const hidden = owner === undefined ? OWN_COLUMNS : metadataColumns(definition).map(({ name }) => name);
      return { ...definition, ...place, columns: presentColumns(current, hidden) };
    });
  }

  takesEncoded(table: string, { format }: EncodedShape, epochs: readonly string[]): Promise<boolean> {
    return this.#exclusive(async () => {
      if (this.#context.dryRun || format !== COPY_BINARY) return false;
      return (await this.#tables.get(table)?.work.takesEncoded?.(epochs)) === true;
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
    const work = workFor(this.#context, managed, this.#p.epochs.stored);
    this.#tables.set(wanted.name, { managed, work, touched: false });
    return changes;
  }

  async #commit(cut: Cut): Promise<CommitResult> {
    const { context, owner } = this.#p;
    await context.step("commit-begin");
    for (const { work } of this.#tables.values()) await work.flush();
    const recorded = await checkFence(context, owner, cut.id);
    if (recorded !== undefined) return recorded;
    await context.step("fenced");
    const epochs = this.#p.epochs.with(cut, this.#forget);
    await this.#reopen(epochs);
    for (const { managed } of this.#tables.values()) await managed.execute();
    for (const { managed } of this.#tables.values()) await managed.record();
    await context.step("defined");
    if (this.#forget) await this.#dropForgotten();
    const result = await this.#carryOut(cut, epochs, (work, commit) => work.apply(commit));
    for (const rows of cut.leaving ?? []) await leaveQuarantine(context, rows);
    if (cut.leaving !== undefined) await context.step("left");
    await recordCommit(context, {
      cut,
      result,
      open: epochs.changed,
      over: epochs.over,
      forget: this.#forget,
    });
    await context.step("recorded");
    if (cut.verify !== undefined) await this.#verify(cut.verify);
    await this.#finish();
    await context.step("before-commit");
    await this.#send();
    await this.#afterCommit(epochs, result);
    return result;
  }

  async #finish(): Promise<void> {
    for (const { work } of this.#tables.values()) await work.finish?.();
  }

  /** Lets rules look at the tables as they will be, most of them before tables are locked that others read. */
  async #verify(verify: NonNullable<Cut["verify"]>): Promise<void> {
    const from = {
      context: this.#context,
      defaultSchema: this.#namespace(undefined),
      table: (place: QualifiedName) => this.#asked(place),
      reveal: () => this.#finish(),
    };
    await verify((inquiry) => answerInquiry(inquiry, from));
  }

  async #asked(place: QualifiedName): Promise<AskedTable | undefined> {
    const known = this.#tables.get(place.name);
    if (known?.managed.table.namespace === place.namespace) {
      const { sql } = known.managed;
      return { sql, relation: known.work.upcoming ?? sql.target };
    }
    const definition = await writtenTable(this.#context, place);
    if (definition === undefined) return undefined;
    const sql = new TableSql({ ...definition, ...place });
    return { sql, relation: sql.target };
  }

  /** Tells what `#commit` would do. */
  async #plan(cut: Cut): Promise<CommitResult> {
    for (const { work } of this.#tables.values()) await work.flush();
    const sample: FieldDifference[] = [];
    const epochs = this.#p.epochs.with(cut, this.#forget);
    const result = await this.#carryOut(cut, epochs, (work, commit) => work.plan(commit, sample));
    return { ...result, sample: sample.slice(0, SAMPLE_ROWS) };
  }

  /** Lets each table do its part, and sums up. */
  async #carryOut(
    cut: Cut,
    epochs: CutEpochs,
    part: (work: TableWork, commit: TableCommit) => Promise<void>,
  ): Promise<CommitResult> {
    const tables: Record<string, Counts> = {};
    const withheld: Record<string, readonly string[]> = {};
    const snapshots: Record<string, SnapshotOutcome> = {};
    for (const [name, entry] of this.#tables) {
      const commit = tableCommit({ cut, epochs, entry, withheld, snapshots });
      await part(entry.work, commit);
      const touched = entry.touched || cut.counts[name] !== undefined || epochs.touch(name);
      if (touched && entry.managed.table.internal !== true) tables[name] = commit.counts;
    }
    for (const [name, counts] of Object.entries(cut.counts)) tables[name] ??= addCounts(zeroCounts(), counts);
    return {
      id: cut.id,
      tables,
      totals: this.#addTotals(tables),
      withheld,
      ...(Object.keys(snapshots).length === 0 ? {} : { snapshots }),
    };
  }

  /** Epochs are completed of tables that this session has not been told of: after a restart, with nothing more to come. */
  async #reopen(epochs: CutEpochs): Promise<void> {
    for (const table of epochs.tables) {
      if (this.#tables.has(table)) continue;
      const { rows } = await runSql<{ namespace: string; definition: TableDefinition }>(
        this.#context,
        `looking for table "${table}"`,
        "SELECT table_schema AS namespace, definition FROM millrace.tables WHERE pipeline = $1 AND table_name = $2",
        [this.#context.tablesOf, table],
      );
      const [found] = rows;
      if (found !== undefined)
        await this.#defineFirst({ ...found.definition, name: table, namespace: found.namespace });
    }
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

  async #afterCommit(epochs: CutEpochs, result: CommitResult): Promise<void> {
    this.#p.epochs.committed(epochs);
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

function tableCommit(of: {
  cut: Cut;
  epochs: CutEpochs;
  entry: Entry;
  withheld: Record<string, readonly string[]>;
  snapshots: Record<string, SnapshotOutcome>;
}): TableCommit {
  const { cut, epochs, withheld, snapshots } = of;
  const { table, taints } = of.entry.managed;
  const { name } = table;
  const own = epochs.of(name);
  for (const record of own.values()) for (const taint of taints) record.taints.add(taint);
  return {
    id: cut.id,
    counts: addCounts(zeroCounts(), cut.counts[name] ?? {}),
    completed: epochs.completedOf(name),
    discardedIds: cut.discarded,
    epochs: own,
    final: cut.final,
    withhold: (reasons) => {
      withheld[name] = [...new Set([...(withheld[name] ?? []), ...reasons])];
    },
    took: (snapshot) => {
      snapshots[name] = mergedSnapshot(snapshots[name], snapshot);
    },
  };
}
