import {
  addCounts,
  type CommitResult,
  type Counts,
  type Cut,
  type EncodableBatch,
  type Epoch,
  MillraceError,
  type Owner,
  type Recovered,
  type SchemaChange,
  type Session,
  type TableDefinition,
  zeroCounts,
} from "@millrace/core";
import { allSettled } from "../../shared/storage/all-settled.ts";
import type { ObjectStore } from "../../shared/storage/object-store.ts";
import type { PendingObject } from "../../shared/storage/stored-object.ts";
import type { ResolvedObjectsOptions } from "../options.ts";
import type { CommitLog, StoredCommit } from "./commit-log.ts";
import { objectOfRow, type ObjectRow, type RowPlan } from "./object-row.ts";
import { publishAll } from "./publish-all.ts";

/** Objects whose contents are brought in at a time. */
const PARALLEL = 8;

/** What a session begins with. */
export interface ObjectsSessionOptions {
  readonly store: ObjectStore;
  readonly log: CommitLog;
  readonly options: ResolvedObjectsOptions;
  readonly owner: Owner;
  readonly last: StoredCommit | undefined;
  readonly run: string;
  readonly full: boolean;
  readonly dryRun: boolean;
}

/** One attempt's way of putting objects: their contents are there at once, and a commit makes them visible. */
export class ObjectsSession implements Session {
  readonly recovered: Recovered;
  readonly #own: ObjectsSessionOptions;
  readonly #tables = new Map<string, TableDefinition>();
  #last: StoredCommit | undefined;
  #result: CommitResult | undefined;
  #pending: PendingObject[] = [];
  #counts = new Map<string, Counts>();
  #forget: boolean;
  #dirty = false;
  #closed = false;

  constructor(own: ObjectsSessionOptions) {
    const { last, full } = own;
    this.#own = own;
    this.#last = last;
    this.#forget = full;
    for (const table of last?.tables ?? []) this.#tables.set(table.name, table);
    this.recovered = {
      checkpoints: full ? new Map() : (last?.checkpoints ?? new Map()),
      openEpochs: full ? [] : (last?.epochs ?? []),
      lastCommit: last?.id ?? 0n,
      ...(last === undefined ? {} : { run: last.run }),
    };
  }

  async define(table: TableDefinition): Promise<readonly SchemaChange[]> {
    this.#check();
    this.#tables.set(table.name, table);
    return [];
  }

  async existing({ name }: { readonly name: string }): Promise<TableDefinition | undefined> {
    this.#check();
    return this.#tables.get(name);
  }

  async write(table: string, { rows }: EncodableBatch): Promise<void> {
    this.#check();
    const definition = this.#tables.get(table);
    if (definition === undefined)
      throw new MillraceError("MLR_INTERNAL", `rows were written to table "${table}" before it was defined`);
    this.#dirty = true;
    const { store, options, owner, run } = this.#own;
    const plan: RowPlan = {
      // What was refused is kept as it is, under a key of its own.
      options:
        definition.internal === true
          ? { store: options.store, kind: "refused", key: `refused/${table}/{date}/{number}.json` }
          : options,
      columns: definition.columns,
      table,
      nowMs: store.clock.now(),
      owner: { pipeline: owner.pipeline, run },
    };
    const first = this.#pending.length;
    const made = rows.map((row, index) =>
      objectOfRow(definition.internal === true ? { ...row, number: `${run}-${first + index}` } : row, plan),
    );
    for (let at = 0; at < made.length; at += PARALLEL)
      await allSettled(made.slice(at, at + PARALLEL).map((each) => this.#bring(table, each)));
  }

  async commit(cut: Cut): Promise<CommitResult> {
    this.#check();
    const lastCommit = this.#last?.id ?? 0n;
    if (this.#result !== undefined && cut.id === lastCommit && !this.#dirty) return this.#result;
    if (cut.id !== lastCommit + 1n)
      throw new MillraceError("MLR_INTERNAL", `commit ${cut.id} does not follow commit ${lastCommit}`);
    const { store, log, owner, dryRun } = this.#own;
    const tables = this.#tablesCounts(cut);
    const commit = this.#next(cut, tables);
    if (!dryRun) {
      await log.append(owner, commit);
      await publishAll(store, log, commit);
    }
    const result: CommitResult = {
      id: cut.id,
      tables,
      totals: commit.run.counts,
      withheld: {},
      ...(dryRun ? { sample: [] } : {}),
    };
    this.#last = commit;
    this.#result = result;
    this.#pending = [];
    this.#counts = new Map();
    this.#forget = false;
    this.#dirty = false;
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #bring(table: string, made: ObjectRow | undefined): Promise<void> {
    const { store, dryRun } = this.#own;
    const count = (more: Partial<Counts>): void => {
      this.#counts.set(table, addCounts(this.#counts.get(table) ?? zeroCounts(), more));
    };
    // A row without content is no object, and nothing to be lost.
    if (made === undefined) return count({ unchanged: 1 });
    if (dryRun) return count({ inserted: 1 });
    const { pending } = await store.prepare(made.content, made.facts);
    const waiting = this.#pending.findLast(({ key }) => key === pending.key);
    const newest = waiting ?? (await store.records.newest(pending.key));
    if (newest?.sha256 === pending.sha256) return count({ unchanged: 1 });
    this.#pending.push(pending);
    count({ inserted: 1 });
  }

  #tablesCounts(cut: Cut): Record<string, Counts> {
    const names = new Set([...Object.keys(cut.counts), ...this.#counts.keys()]);
    const counted = [...names].filter((name) => this.#tables.get(name)?.internal !== true);
    return Object.fromEntries(
      counted.map((name) => [
        name,
        addCounts(addCounts(zeroCounts(), cut.counts[name] ?? {}), this.#counts.get(name) ?? {}),
      ]),
    );
  }

  #next(cut: Cut, tables: Readonly<Record<string, Counts>>): StoredCommit {
    const { owner, run, store } = this.#own;
    const last = this.#forget ? undefined : this.#last;
    const before = this.#last?.run.id === run ? this.#last.run.counts : {};
    const totals = new Map(Object.entries(before).map(([name, counts]) => [name, { ...counts }]));
    for (const [name, counts] of Object.entries(tables))
      totals.set(name, addCounts(totals.get(name) ?? zeroCounts(), counts));
    return {
      version: 1,
      pipeline: owner.pipeline,
      id: cut.id,
      attempt: owner.attempt,
      atMs: store.clock.now(),
      run: { id: run, finished: cut.final, counts: Object.fromEntries(totals) },
      checkpoints: new Map([...(last?.checkpoints ?? []), ...cut.checkpoints]),
      epochs: epochsAfter(last?.epochs ?? [], cut),
      tables: [...this.#tables.values()],
      pending: this.#pending,
    };
  }

  #check(): void {
    if (this.#closed) throw new MillraceError("MLR_INTERNAL", "the session is closed");
  }
}

function epochsAfter(before: readonly Epoch[], { begun, completed, discarded, taints }: Cut): Epoch[] {
  const over = new Set([...completed.map(({ id }) => id), ...discarded]);
  const open = new Map(
    [...before, ...begun].map(({ id, stream, scope, taints: gathered }) => [
      id,
      { id, stream, ...(scope === undefined ? {} : { scope }), taints: gathered },
    ]),
  );
  return [...open.values()]
    .filter(({ id }) => !over.has(id))
    .map((epoch) => ({ ...epoch, taints: [...new Set([...epoch.taints, ...(taints.get(epoch.id) ?? [])])] }));
}
