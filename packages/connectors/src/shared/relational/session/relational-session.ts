import {
  addCounts,
  asMillraceError,
  MillraceError,
  zeroCounts,
  type CommitResult,
  type Counts,
  type Cut,
  type EncodableBatch,
  type FieldDifference,
  type Owner,
  type Recovered,
  type SchemaChange,
  type Session,
  type SnapshotOutcome,
  type TableDefinition,
} from "@millrace/core";
import { answerInquiry } from "../check/answer-inquiry.ts";
import { currentTable, presentColumns } from "../define/current-table.ts";
import { ManagedTable } from "../define/managed-table.ts";
import { metadataColumns, OWN_COLUMNS } from "../define/metadata-columns.ts";
import { definitionOf } from "../columns/table-column.ts";
import type { PlacedTable } from "../define/placed-table.ts";
import { writtenTable } from "../inspect/stored-table.ts";
import type { QualifiedName } from "../qualified-name.ts";
import { workFor } from "../modes/work-for.ts";
import { SAMPLE_ROWS } from "../sql/list-differences.ts";
import { checkFence } from "../state/check-fence.ts";
import { ownersOf } from "../state/owners.ts";
import { recordCommit } from "../state/record-commit.ts";
import type { CutEpochs, EpochBook } from "./epoch-book.ts";
import { serverTime } from "./server-time.ts";
import type { SessionContext } from "./session-context.ts";
import type { TableCommit, TableWork } from "./table-work.ts";
import { compileUnholdable } from "./unholdable.ts";

/** What a session is made of. */
export interface SessionParts {
  readonly context: SessionContext;
  readonly owner: Owner;
  readonly recovered: Recovered;
  /** The open epochs; kept up to date. */
  readonly epochs: EpochBook;
  /** The state tables exist. */
  readonly recorded: boolean;
  /** Forget what was stored with the first commit. */
  readonly full: boolean;
  /** Where the connection was lost: says whether that was because a later attempt took over. */
  explain(error: MillraceError): Promise<MillraceError>;
}

interface Entry {
  readonly managed: ManagedTable;
  readonly work: TableWork;
  /** Finds columns that cannot hold what comes. */
  unholdable: ReturnType<typeof compileUnholdable>;
  /** Something was written to it since the last commit. */
  touched: boolean;
}

/** Rows to plan with in place of a transaction's time. */
type Carry = (work: TableWork, commit: TableCommit) => Promise<void>;

/** One attempt's exclusive way of writing into a relational database. */
export class RelationalSession implements Session {
  readonly recovered: Recovered;
  readonly #p: SessionParts;
  readonly #context: SessionContext;
  readonly #tables = new Map<string, Entry>();
  #totals: Readonly<Record<string, Counts>>;
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
    this.#totals = run?.id === parts.context.run ? run.counts : {};
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
    return this.#exclusive(() => this.#existing(table.name, this.#namespace(table.namespace)));
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
      const columns = entry.unholdable?.(batch.rows) ?? [];
      if (columns.length > 0) {
        entry.managed.keepAsText(columns);
        await this.#follow(entry);
      }
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
        this.#broken = await this.#p.explain(asMillraceError(error, "MLR_INTERNAL", "writing"));
        throw this.#broken;
      }
    })();
    this.#queue = turn;
    return turn;
  }

  async #existing(name: string, namespace: string): Promise<TableDefinition | undefined> {
    const known = this.#tables.get(name)?.managed.table;
    if (known !== undefined && known.namespace === namespace) return known;
    const { dialect, link, state, pipeline } = this.#context;
    const place = { name, namespace };
    const current = await currentTable(link, place, this.#p.recorded ? state : undefined);
    if (current.description === undefined) return undefined;
    const owner = current.owners.find((each) => each.pipeline === pipeline) ?? current.owners[0];
    const definition = owner?.definition ?? { ...place, columns: [], key: [], mode: "append" as const };
    // Without a record of it, what looks like ours is ours.
    const hidden =
      owner === undefined ? OWN_COLUMNS : metadataColumns(dialect, definition).map((column) => column.name);
    const columns = presentColumns(current, definition, hidden).filter(
      // What a conversion that was broken off left.
      ({ name: column }) => !column.startsWith("_millrace_"),
    );
    return {
      ...definition,
      ...place,
      columns: columns.map((column) => definitionOf(column, definition.key)),
    };
  }

  async #define(table: PlacedTable): Promise<readonly SchemaChange[]> {
    const entry = this.#tables.get(table.name);
    if (entry === undefined) return this.#defineFirst(table, this.#forget);
    const { managed } = entry;
    if (managed.table.namespace !== table.namespace) {
      throw new MillraceError(
        "MLR_SCHEMA_COLLISION",
        `table "${table.name}" is written in two namespaces by one pipeline`,
        { hint: "Give one of them another name with the option name." },
      );
    }
    if (managed.fits(table)) return [];
    const changes = managed.redefine(table);
    await this.#follow(entry);
    return changes;
  }

  async #defineFirst(wanted: PlacedTable, admits = false): Promise<readonly SchemaChange[]> {
    const managed = await ManagedTable.define(this.#context, wanted, this.#p.recorded);
    await managed.upgradeHashes();
    if (admits) await managed.admitChanges();
    this.#tables.set(wanted.name, {
      managed,
      work: workFor(this.#context, managed),
      unholdable: compileUnholdable(this.#context.dialect, managed.layout.columns),
      touched: false,
    });
    return managed.changes;
  }

  /** The table is to have another layout than a moment ago. */
  async #follow(entry: Entry): Promise<void> {
    const { layout } = entry.managed;
    entry.unholdable = compileUnholdable(this.#context.dialect, layout.columns);
    await entry.work.redefine(layout);
  }

  async #commit(cut: Cut): Promise<CommitResult> {
    const { context, owner } = this.#p;
    const { dialect, link, state } = context;
    await context.step("commit-begin");
    for (const { work } of this.#tables.values()) await work.flush();
    const epochs = this.#p.epochs.with(cut, this.#forget);
    await this.#reopen(epochs);
    const at = await serverTime(link);
    const withheld: Record<string, readonly string[]> = {};
    const snapshots: Record<string, SnapshotOutcome> = {};
    const told = { cut, epochs, at, withheld, snapshots, sample: [] };
    if (dialect.ddl === "immediate") await this.#defineAll(told);
    await link.begin("beginning the commit");
    const recorded = await checkFence(context, owner, cut.id);
    if (recorded !== undefined) return recorded;
    await context.step("fenced");
    if (dialect.ddl === "transactional") await this.#defineAll(told);
    const result = await this.#carryOut(told, (work, commit) => work.apply(commit));
    for (const { managed } of this.#tables.values()) await managed.record(at);
    const { changed: open, over } = epochs;
    await recordCommit(context, { cut, result, at, open, over, forget: this.#forget });
    await context.step("recorded");
    if (cut.verify !== undefined) await this.#verify(cut.verify);
    await context.step("before-commit");
    await this.#send(state.namespace);
    await this.#afterCommit(epochs, result);
    return result;
  }

  /** Lets rules look at the tables as they will be. */
  async #verify(verify: NonNullable<Cut["verify"]>): Promise<void> {
    const { link, state } = this.#context;
    const from = {
      link,
      namespace: state.namespace,
      layout: async ({ name, namespace }: QualifiedName) => {
        const known = this.#tables.get(name)?.managed.layout;
        return known?.table.namespace === namespace ? known : writtenTable(link, state, { name, namespace });
      },
    };
    await verify((inquiry) => answerInquiry(inquiry, from));
  }

  /** Tells what `#commit` would do. */
  async #plan(cut: Cut): Promise<CommitResult> {
    for (const { work } of this.#tables.values()) await work.flush();
    const sample: FieldDifference[] = [];
    const epochs = this.#p.epochs.with(cut, this.#forget);
    const at = await serverTime(this.#context.link);
    const told = { cut, epochs, at, withheld: {}, snapshots: {}, sample };
    const result = await this.#carryOut(told, (work, commit) => work.apply(commit));
    for (const { work } of this.#tables.values()) await work.committed();
    return { ...result, sample: sample.slice(0, SAMPLE_ROWS) };
  }

  /** Creates and changes what has to be. */
  async #defineAll(told: Told): Promise<void> {
    for (const entry of this.#tables.values()) {
      await entry.managed.checkUnchanged();
      await entry.managed.execute();
      await entry.work.prepare?.(tableCommit(told, entry));
    }
    await this.#context.step("defined");
  }

  /** Lets each table do its part, and sums up. */
  async #carryOut(told: Told, part: Carry): Promise<CommitResult> {
    const { cut, epochs, withheld, snapshots } = told;
    const tables: Record<string, Counts> = {};
    for (const [name, entry] of this.#tables) {
      const commit = tableCommit(told, entry);
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
    const { link, state, pipeline } = this.#context;
    const missing = [...epochs.tables].filter((table) => !this.#tables.has(table));
    if (missing.length === 0) return;
    const owned = (await ownersOf(link, state)).filter((owner) => owner.pipeline === pipeline);
    for (const { name, namespace, definition } of owned) {
      if (!missing.includes(name)) continue;
      await this.#defineFirst({ ...definition, name, namespace });
      await this.#tables.get(name)?.work.flush();
    }
  }

  /** Commits. Fails with MLR_COMMIT_UNKNOWN where the connection is lost before the answer. */
  async #send(namespace: string): Promise<void> {
    const { link, dialect } = this.#context;
    try {
      await link.commit("committing");
    } catch (error) {
      if (!link.lost) throw error;
      throw new MillraceError(
        "MLR_COMMIT_UNKNOWN",
        `the connection to ${dialect.location} was lost while commit ${this.#lastCommit + 1n} was under way`,
        {
          hint: "It may have landed: the next attempt finds out and goes on from there.",
          details: { namespace },
          cause: error,
        },
      );
    }
  }

  async #afterCommit(epochs: CutEpochs, result: CommitResult): Promise<void> {
    this.#p.epochs.committed(epochs);
    this.#totals = result.totals;
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
      this.#broken = await this.#p.explain(asMillraceError(error, "MLR_INTERNAL", "after the commit"));
    }
  }

  #addTotals(tables: Readonly<Record<string, Counts>>): Record<string, Counts> {
    const totals = structuredClone({ ...this.#totals });
    for (const [name, counts] of Object.entries(tables))
      totals[name] = addCounts(totals[name] ?? zeroCounts(), counts);
    return totals;
  }

  #place(table: TableDefinition): PlacedTable {
    return { ...table, namespace: this.#namespace(table.namespace) };
  }

  #namespace(wanted: string | undefined): string {
    return wanted ?? this.#context.state.namespace;
  }

  async #close(): Promise<void> {
    const { link } = this.#context;
    // What is on its way has no other end than its own or the connection's.
    if (this.#broken !== undefined) await link.close(true);
    await this.#queue.catch(() => undefined);
    await link.rollback().catch(() => undefined);
    await link.close();
  }
}

/** What all tables of a commit are told. */
interface Told {
  readonly cut: Cut;
  readonly epochs: CutEpochs;
  readonly at: number | bigint;
  readonly withheld: Record<string, readonly string[]>;
  readonly snapshots: Record<string, SnapshotOutcome>;
  readonly sample: FieldDifference[];
}

function tableCommit(told: Told, { managed }: Entry): TableCommit {
  const { cut, epochs, at, withheld, snapshots, sample } = told;
  const { name } = managed.table;
  return {
    at,
    counts: addCounts(zeroCounts(), cut.counts[name] ?? {}),
    completed: epochs.completedOf(name),
    discarded: epochs.discardedOf(name),
    epochs: epochs.of(name),
    open: epochs.openOf(name),
    sample,
    withhold: (reasons) => {
      withheld[name] = [...new Set([...(withheld[name] ?? []), ...reasons])];
    },
    tellSnapshot: (outcome) => {
      snapshots[name] = outcome;
    },
  };
}
