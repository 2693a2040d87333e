import { answerInquiry } from "../check/answer-inquiry.ts";
import {
  addCounts,
  asMillraceError,
  MillraceError,
  zeroCounts,
  type CommitResult,
  type Counts,
  type Cut,
  type EncodableBatch,
  type Recovered,
  type SchemaChange,
  type Session,
  type SnapshotOutcome,
  type TableDefinition,
} from "@millrace/core";
import { definitionToJson } from "../define/definition-json.ts";
import { identicalColumns } from "../define/evolve.ts";
import { carryOut, type Action } from "../state/actions.ts";
import { fenced, isUnknownTable, listJournals, writeJournal } from "../state/journal.ts";
import { batchNumber, journalTable } from "../state/names.ts";
import {
  checkOwners,
  latestDefinition,
  readRegistry,
  tableEntryName,
  type TableEntry,
} from "../state/registry.ts";
import { beginEpochs, forgetState, ownTable } from "./epoch-changes.ts";
import { JournalBook } from "./journal-book.ts";
import { ManagedTable } from "./managed-table.ts";
import { prepareTable } from "./prepare-commit.ts";
import type { SessionContext } from "./session-context.ts";

/** One attempt's exclusive way of writing: see docs/adr/0012-clickhouse-journal.md. */
export class ClickHouseSession implements Session {
  readonly recovered: Recovered;
  readonly #context: SessionContext;
  readonly #run: string;
  readonly #tables = new Map<string, ManagedTable>();
  readonly #onClose: () => Promise<void>;
  #book: JournalBook;
  #forget: boolean;
  #last: CommitResult | undefined;
  #closed = false;

  constructor(
    context: SessionContext,
    {
      book,
      run,
      full,
      onClose,
    }: { book: JournalBook; run: string; full: boolean; onClose: () => Promise<void> },
  ) {
    this.#context = context;
    this.#book = book;
    this.#forget = full;
    this.#onClose = onClose;
    this.recovered = book.recovered(full);
    const left = this.recovered.run;
    this.#run = left !== undefined && !left.finished && !full ? left.id : run;
  }

  async define(definition: TableDefinition): Promise<readonly SchemaChange[]> {
    this.#check();
    return this.#guarded(async () => {
      const known = this.#tables.get(definition.name);
      if (known === undefined) {
        const { table, changes } = await ManagedTable.open(this.#context, definition);
        this.#tables.set(definition.name, table);
        return changes;
      }
      if (known.definition.namespace === definition.namespace) return known.define(definition);
      throw new MillraceError(
        "MLR_SCHEMA_COLLISION",
        `table "${definition.name}" is written in two namespaces by one pipeline`,
      );
    });
  }

  async existing({
    name,
    namespace,
  }: {
    readonly name: string;
    readonly namespace?: string;
  }): Promise<TableDefinition | undefined> {
    this.#check();
    const known = this.#tables.get(name);
    if (known !== undefined) return known.definition;
    const { server } = this.#context;
    const entry = tableEntryName(namespace ?? server.settings.database, name);
    return this.#guarded(async () => latestDefinition(await readRegistry(server, entry))?.definition);
  }

  async write(table: string, batch: EncodableBatch): Promise<void> {
    this.#check();
    const managed = this.#tables.get(table);
    if (managed === undefined)
      throw new MillraceError("MLR_INTERNAL", `rows were written to table "${table}" before it was defined`);
    const number = batchNumber(this.#context.pipelineId, this.#book.lastCommit + 1n);
    await this.#guarded(() => managed.write(batch, number));
  }

  async commit(cut: Cut): Promise<CommitResult> {
    this.#check();
    const { lastCommit } = this.#book;
    const waiting = [...this.#tables.values()].some(({ hasRows }) => hasRows);
    if (this.#last !== undefined && cut.id === lastCommit && !waiting) return this.#last;
    if (cut.id !== lastCommit + 1n)
      throw new MillraceError("MLR_INTERNAL", `commit ${cut.id} does not follow commit ${lastCommit}`);
    const prepared = await this.#guarded(() => this.#prepare(cut));
    await this.#write(prepared.book);
    this.#book = prepared.book;
    this.#forget = false;
    this.#context.internals.onStep?.("written");
    await this.#apply(prepared.actions);
    for (const table of this.#tables.values()) table.committed();
    this.#last = prepared.result;
    this.#context.internals.onStep?.("done");
    await this.#verify(cut);
    return prepared.result;
  }

  /** Lets rules look at what has landed. What fails of it changes nothing about that. */
  async #verify({ verify }: Cut): Promise<void> {
    const { server } = this.#context;
    await verify?.((inquiry) => answerInquiry(server, inquiry)).catch(() => undefined);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      // Where a later attempt has taken over, it drops them itself.
      await this.#context.work.clear().catch(() => undefined);
    } finally {
      await this.#onClose();
    }
  }

  async #prepare(cut: Cut): Promise<{ book: JournalBook; actions: readonly Action[]; result: CommitResult }> {
    const { pipelineId, internals } = this.#context;
    for (const table of this.#tables.values()) await table.flush();
    internals.onStep?.("staged");
    await this.#claim();
    const book = new JournalBook(this.#book);
    const forgotten = this.#forget ? forgetState(book, cut) : [];
    beginEpochs(book, cut, (name) => this.#tables.get(name));
    await this.#takeUp(book, cut);
    const nowMicros = await this.#now();
    const actions: Action[] = [];
    const tables: Record<string, Counts> = {};
    const snapshots: Record<string, SnapshotOutcome> = {};
    const batch = batchNumber(pipelineId, cut.id);
    const touched = touchedTables(cut, book, this.#tables);
    for (const [name, table] of this.#tables) {
      const schema = await table.prepareSchema();
      if (!touched.has(name)) {
        actions.push(...schema.actions);
        continue;
      }
      const prepared = await prepareTable({
        session: this.#context,
        table,
        schema,
        book,
        cut,
        run: this.#run,
        nowMicros,
        batch,
      });
      actions.push(...prepared.actions);
      if (table.definition.internal !== true) tables[name] = prepared.counts;
      if (prepared.snapshot !== undefined) snapshots[name] = prepared.snapshot;
    }
    addUncounted(tables, cut);
    const withheld = this.#withheld(book, cut);
    actions.push(...closeEpochs(book, cut, pipelineId, forgotten));
    for (const [slice, state] of cut.checkpoints) book.checkpoints.set(slice, state);
    this.#enterTables(book, nowMicros);
    const totals = this.#totals(tables);
    book.commit = { id: String(cut.id), run: this.#run, finished: cut.final, counts: totals, actions };
    const result: CommitResult = {
      id: cut.id,
      tables,
      totals,
      withheld,
      ...(Object.keys(snapshots).length === 0 ? {} : { snapshots }),
    };
    internals.onStep?.("prepared");
    return { book, actions, result };
  }

  /** Tables that completed or abandoned epochs belong to, but that nobody has defined in this session. */
  async #takeUp(book: JournalBook, cut: Cut): Promise<void> {
    const closing = [...cut.completed.map(({ id }) => id), ...cut.discarded];
    for (const id of closing) {
      const record = book.epochs.get(id);
      if (record === undefined || this.#tables.has(record.table)) continue;
      const records = await readRegistry(this.#context.server, tableEntryName(record.database, record.table));
      const latest = latestDefinition(records)?.definition;
      if (latest === undefined) continue;
      const { table } = await ManagedTable.open(this.#context, latest);
      this.#tables.set(record.table, table);
    }
  }

  /** Says, before tables are made or changed, that they are this pipeline's; whoever comes at the same time sees it. */
  async #claim(): Promise<void> {
    const { server, pipeline } = this.#context;
    const fresh = [...this.#tables.values()].filter(({ entryName }) => !this.#book.tables.has(entryName));
    if (fresh.length > 0) {
      const book = new JournalBook(this.#book);
      for (const table of fresh) book.tables.set(table.entryName, this.#entry(table, 0, false));
      await this.#write(book);
      this.#book = book;
    }
    for (const table of this.#tables.values()) {
      const shared = table.definition.discriminator !== undefined;
      if (table.definition.internal === true || (!shared && !fresh.includes(table))) continue;
      const records = await readRegistry(server, table.entryName);
      await this.#checkClaim(table, () => checkOwners(table.definition, pipeline, records));
      const others = latestDefinition(records);
      const columns = table.stored?.definition.columns ?? [];
      if (others !== undefined && !identicalColumns(others.definition.columns, columns))
        throw changedMeanwhile(table);
    }
  }

  async #checkClaim(table: ManagedTable, check: () => void): Promise<void> {
    try {
      check();
    } catch (error) {
      const book = new JournalBook(this.#book);
      book.tables.delete(table.entryName);
      await this.#write(book);
      this.#book = book;
      throw error;
    }
  }

  #enterTables(book: JournalBook, nowMicros: number): void {
    for (const table of this.#tables.values()) {
      const entry = this.#entry(table, nowMicros, true);
      const before = book.tables.get(table.entryName);
      const same = JSON.stringify({ ...entry, at: 0 }) === JSON.stringify({ ...before, at: 0 });
      if (!same) book.tables.set(table.entryName, entry);
    }
  }

  #entry({ database, definition }: ManagedTable, at: number, committed: boolean): TableEntry {
    return {
      pipeline: this.#context.pipeline,
      database,
      definition: definitionToJson(definition),
      at,
      committed,
    };
  }

  /** The one step that counts: before it nothing has happened, after it everything has. */
  async #write(book: JournalBook): Promise<void> {
    const { server, pipelineId, attempt } = this.#context;
    book.revision = this.#book.revision + 1n;
    const entries = book.changesSince(this.#book);
    if (entries.length === 0) return;
    try {
      await writeJournal(server, journalTable(pipelineId, attempt), { entries, revision: book.revision });
    } catch (error) {
      if (isUnknownTable(error)) throw await this.#whoFenced(error);
      throw unknownOutcome(error);
    }
  }

  async #apply(actions: readonly Action[]): Promise<void> {
    const { work, internals } = this.#context;
    try {
      await carryOut(work, actions, () => internals.onStep?.("applied"));
      await work.clear();
    } catch (error) {
      throw unknownOutcome(error);
    }
  }

  #withheld(book: JournalBook, cut: Cut): Record<string, readonly string[]> {
    const reasons: Record<string, readonly string[]> = {};
    for (const { table, id } of cut.completed) {
      const taints = book.epochs.get(id)?.taints ?? [];
      const definition = this.#tables.get(table)?.definition;
      if (taints.length === 0 || definition === undefined || !removes(definition)) continue;
      reasons[table] = [...new Set([...(reasons[table] ?? []), ...taints])];
    }
    return reasons;
  }

  #totals(tables: Record<string, Counts>): Record<string, Counts> {
    const { commit } = this.#book;
    const before = commit?.run === this.#run ? structuredClone(commit.counts) : {};
    const totals: Record<string, Counts> = { ...before };
    for (const [name, counts] of Object.entries(tables))
      totals[name] = addCounts(totals[name] ?? zeroCounts(), counts);
    return totals;
  }

  async #now(): Promise<number> {
    const { server } = this.#context;
    const sql = server.features.dateTime64
      ? "toUnixTimestamp64Micro(now64(6))"
      : "toUnixTimestamp(now()) * 1000000";
    const [row] = await server.values(`SELECT ${sql}`);
    return Number(row?.[0]);
  }

  /** What fails because a later attempt took the tables away is told as that. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isServerFailure(error)) throw await this.#whoFenced(error);
      throw error;
    }
  }

  async #whoFenced(error: unknown): Promise<unknown> {
    const { server, pipelineId, pipeline, attempt } = this.#context;
    const found = await listJournals(server, pipelineId).catch(() => []);
    const later = found.find((each) => each > attempt);
    return later === undefined ? error : fenced(pipeline, attempt, later);
  }

  #check(): void {
    if (this.#closed) throw new MillraceError("MLR_INTERNAL", "the session is closed");
  }
}

/** What the engine counted of tables that nobody has defined in this session. */
function addUncounted(tables: Record<string, Counts>, cut: Cut): void {
  for (const [name, counts] of Object.entries(cut.counts)) tables[name] ??= addCounts(zeroCounts(), counts);
}

/** Names of the tables that have something to do in this commit. */
function touchedTables(cut: Cut, book: JournalBook, tables: ReadonlyMap<string, ManagedTable>): Set<string> {
  const closed = cut.discarded.map((id) => book.epochs.get(id)?.table);
  const names = [...cut.completed.map(({ table }) => table), ...closed, ...Object.keys(cut.counts)];
  const written = [...tables].filter(([, table]) => table.hasRows).map(([name]) => name);
  return new Set([...names, ...written].flatMap((name) => (name === undefined ? [] : [name])));
}

/** Epochs that are over go, with their tables. */
function closeEpochs(
  book: JournalBook,
  cut: Cut,
  pipelineId: string,
  forgotten: readonly { readonly id: string }[],
): Action[] {
  const ids = [...cut.completed.map(({ id }) => id), ...cut.discarded];
  const over = ids.flatMap((id) => book.epochs.get(id) ?? []);
  for (const id of ids) book.epochs.delete(id);
  return [...over, ...(forgotten as typeof over)].flatMap((record) => {
    const table = ownTable(pipelineId, record);
    return table === undefined ? [] : [{ do: "drop" as const, table }];
  });
}

function removes({ mode, removals }: TableDefinition): boolean {
  return mode === "replace" || mode === "snapshot" || (mode === "merge" && removals !== "keep");
}

function isServerFailure(error: unknown): boolean {
  return error instanceof MillraceError && typeof error.details["clickhouseCode"] === "number";
}

function unknownOutcome(error: unknown): MillraceError {
  const cause = asMillraceError(error, "MLR_DESTINATION_FAILED");
  return new MillraceError("MLR_COMMIT_UNKNOWN", `${cause.message} (while a commit was under way)`, {
    hint: cause.hint ?? "Run again: what landed is found, and what did not is read again.",
    cause,
  });
}

function changedMeanwhile({ definition }: ManagedTable): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `another pipeline changed table "${definition.name}" at the same time`,
    { hint: "Try again: the table is read anew." },
  );
}
