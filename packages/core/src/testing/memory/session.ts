import type { Clock } from "../../clock.ts";
import type {
  CommitResult,
  Cut,
  EncodableBatch,
  OpenOptions,
  Owner,
  Recovered,
  Session,
} from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import type { SchemaChange, TableDefinition } from "../../schema/table.ts";
import { answer } from "./answer.ts";
import { applyCommit } from "./commit.ts";
import { evolveTable, rewriteBatch, type Evolution } from "./evolve.ts";
import { copyStore, emptyEntry, qualifiedName, type PipelineEntry, type Store } from "./store.ts";

/** What is committed, shared by all sessions. */
export interface StoreHolder {
  current: Store;
}

/** Opens a session: raises the fence (except in a dry run, which works on a copy of its own) and recovers the state. */
export function openSession(
  holder: StoreHolder,
  owner: Owner,
  options: OpenOptions & { clock: Clock },
): Session {
  if (options.signal?.aborted === true) {
    throw new MillraceError(
      "MLR_RUN_STOPPED",
      `pipeline "${owner.pipeline}" was stopped while it opened its destination`,
    );
  }
  const entry = holder.current.pipelines.get(owner.pipeline) ?? emptyEntry();
  if (options.dryRun === true) {
    const own = { current: copyStore(holder.current) };
    own.current.pipelines.set(owner.pipeline, { ...entry, attempt: owner.attempt });
    return new MemorySession(own, owner, options);
  }
  if (owner.attempt <= entry.attempt) throw fenced(owner, entry.attempt);
  holder.current.pipelines.set(owner.pipeline, { ...entry, attempt: owner.attempt });
  return new MemorySession(holder, owner, options);
}

function fenced(owner: Owner, attempt: bigint): MillraceError {
  return new MillraceError(
    "MLR_FENCED",
    `attempt ${owner.attempt} of pipeline "${owner.pipeline}" may not write: attempt ${attempt} has taken over`,
    { hint: "Let the later attempt finish.", details: { attempt: String(attempt) } },
  );
}

class MemorySession implements Session {
  readonly recovered: Recovered;
  readonly #holder: StoreHolder;
  readonly #owner: Owner;
  readonly #options: OpenOptions & { clock: Clock };
  readonly #run: string;
  readonly #definitions = new Map<string, TableDefinition>();
  /** By table: the stored columns that the session's definition was made for. */
  readonly #bases = new Map<string, string>();
  #evolutions: Evolution[] = [];
  #batches = new Map<string, EncodableBatch[]>();
  #last: CommitResult | undefined;
  #forget: boolean;
  #closed = false;

  constructor(holder: StoreHolder, owner: Owner, options: OpenOptions & { clock: Clock }) {
    this.#holder = holder;
    this.#owner = owner;
    this.#options = options;
    this.#forget = options.full ?? false;
    this.recovered = recover(this.#entry(holder.current), this.#forget);
    const left = this.recovered.run;
    this.#run = left !== undefined && !left.finished && !this.#forget ? left.id : owner.run;
  }

  async define(table: TableDefinition): Promise<readonly SchemaChange[]> {
    this.#check();
    const known = this.#definitions.get(table.name);
    if (known !== undefined && known.namespace !== table.namespace) {
      throw new MillraceError(
        "MLR_SCHEMA_COLLISION",
        `table "${table.name}" is written in two namespaces by one pipeline`,
      );
    }
    const stored = this.#holder.current.tables.get(qualifiedName(table));
    const evolution = evolveTable(table, {
      pipeline: this.#owner.tablesOf ?? this.#owner.pipeline,
      stored,
      known,
    });
    if (known === undefined) this.#bases.set(table.name, columnsOf(stored?.definition));
    this.#definitions.set(table.name, evolution.definition);
    this.#evolutions.push(evolution);
    const staged = this.#batches.get(table.name);
    if (staged !== undefined)
      this.#batches.set(
        table.name,
        staged.map((batch) => rewriteBatch(batch, evolution)),
      );
    return evolution.changes;
  }

  async existing(table: {
    readonly name: string;
    readonly namespace?: string;
  }): Promise<TableDefinition | undefined> {
    this.#check();
    return (
      this.#definitions.get(table.name) ?? this.#holder.current.tables.get(qualifiedName(table))?.definition
    );
  }

  async write(table: string, batch: EncodableBatch): Promise<void> {
    this.#check();
    const { mode } = this.#definition(table);
    if (mode === "merge" && batch.hashes?.length !== batch.rows.length) {
      throw new MillraceError("MLR_INTERNAL", `a batch for table "${table}" has not one hash per row`);
    }
    this.#batches.set(table, [...(this.#batches.get(table) ?? []), batch]);
  }

  async commit(cut: Cut): Promise<CommitResult> {
    this.#check();
    const { lastCommit } = this.#entry(this.#holder.current);
    if (this.#last !== undefined && cut.id === lastCommit && this.#batches.size === 0) return this.#last;
    if (cut.id !== lastCommit + 1n) {
      throw new MillraceError("MLR_INTERNAL", `commit ${cut.id} does not follow commit ${lastCommit}`);
    }
    const before = this.#holder.current;
    const store = copyStore(before);
    if (this.#forget) forget(this.#entry(store), cut);
    this.#checkBases(store);
    for (const evolution of this.#evolutions) evolution.apply(store);
    this.#claim(store);
    const result = applyCommit({
      store,
      cut,
      pipeline: this.#owner.pipeline,
      tablesOf: this.#owner.tablesOf ?? this.#owner.pipeline,
      run: this.#run,
      nowMs: this.#options.clock.now(),
      batches: this.#batches,
      definitions: this.#definitions,
      sampled: this.#options.dryRun ?? false,
    });
    if (cut.verify !== undefined && this.#options.dryRun !== true) {
      await cut.verify(async (inquiry) => answer(store, inquiry));
      // What the copy was made of has to be what it takes the place of.
      if (this.#holder.current !== before) throw conflict("the store was changed while rules were checked");
    }
    this.#last = result;
    // The one step that counts: before it nothing has happened, after it everything has.
    this.#holder.current = store;
    this.#forget = false;
    for (const [name, definition] of this.#definitions) this.#bases.set(name, columnsOf(definition));
    this.#batches = new Map();
    this.#evolutions = [];
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#batches.clear();
  }

  /** Rows were shaped for the columns that were seen; those of a shared table may have been changed by its other owner. */
  #checkBases(store: Store): void {
    for (const [name, definition] of this.#definitions) {
      const stored = store.tables.get(qualifiedName(definition))?.definition;
      if (columnsOf(stored) === this.#bases.get(name)) continue;
      throw conflict(`another pipeline changed table "${name}" at the same time`);
    }
  }

  /** The options of a table, such as its discriminator, are those of the pipeline that writes now. */
  #claim(store: Store): void {
    for (const definition of this.#definitions.values()) {
      const table = store.tables.get(qualifiedName(definition));
      if (table !== undefined) table.definition = definition;
    }
  }

  #entry(store: Store): PipelineEntry {
    const entry = store.pipelines.get(this.#owner.pipeline) ?? emptyEntry();
    if (entry.attempt !== this.#owner.attempt) throw fenced(this.#owner, entry.attempt);
    return entry;
  }

  #definition(table: string): TableDefinition {
    const definition = this.#definitions.get(table);
    if (definition !== undefined) return definition;
    throw new MillraceError("MLR_INTERNAL", `rows were written to table "${table}" before it was defined`);
  }

  #check(): void {
    if (this.#closed) throw new MillraceError("MLR_INTERNAL", "the session is closed");
  }
}

function conflict(message: string): MillraceError {
  return new MillraceError("MLR_DESTINATION_CONFLICT", message, {
    hint: "Try again: the table is read anew.",
  });
}

function columnsOf(definition: TableDefinition | undefined): string {
  return JSON.stringify(definition?.columns.map(({ name, type }) => [name, type]) ?? null);
}

function recover(entry: PipelineEntry, full: boolean): Recovered {
  return {
    checkpoints: new Map(full ? [] : entry.checkpoints),
    openEpochs: full ? [] : [...entry.epochs.values()].map(({ epoch }) => epoch),
    lastCommit: entry.lastCommit,
    ...(entry.run === undefined ? {} : { run: structuredClone(entry.run) }),
  };
}

/** A full run's first commit starts from nothing: only what it brings itself is open afterwards. */
function forget(entry: PipelineEntry, cut: Cut): void {
  entry.checkpoints.clear();
  const begun = new Set(cut.begun.map(({ id }) => id));
  for (const id of entry.epochs.keys()) if (!begun.has(id)) entry.epochs.delete(id);
}
