import { rm } from "node:fs/promises";
import {
  addCounts,
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
import { syncFolder } from "../io/durable.ts";
import { errno, ioError } from "../io/io-error.ts";
import { currentAttempt, fenced } from "../state/fence.ts";
import { MANIFEST_VERSION, type Manifest, type TableRecord } from "../state/manifest.ts";
import { dropOlderManifests, writeManifest } from "../state/manifests.ts";
import { checkOwner, claimTable } from "../state/owners.ts";
import type { TableName } from "../state/paths.ts";
import { dropWaiting, publish } from "../state/publish.ts";
import { AppendWork } from "./append-work.ts";
import type { FilesContext } from "./context.ts";
import { EpochBook } from "./epoch-book.ts";
import { evolve } from "./evolve.ts";
import { ReplaceWork } from "./replace-work.ts";
import type { TableOutcome, TableWork } from "./table-work.ts";

/** What a session begins with. */
export interface FilesSessionOptions {
  readonly context: FilesContext;
  /** The last commit. */
  readonly manifest: Manifest | undefined;
  readonly full: boolean;
}

/** One attempt's way of writing files. */
export class FilesSession implements Session {
  readonly recovered: Recovered;
  readonly #context: FilesContext;
  readonly #works = new Map<string, TableWork>();
  readonly #tables: Map<string, TableRecord>;
  readonly #left: ReadonlyMap<string, readonly string[]>;
  #epochs: EpochBook;
  #manifest: Manifest | undefined;
  #forget: boolean;
  #last: CommitResult | undefined;
  #dirty = false;
  #closed = false;

  constructor({ context, manifest, full }: FilesSessionOptions) {
    this.#context = context;
    this.#manifest = manifest;
    this.#forget = full;
    const epochs = full ? [] : (manifest?.epochs ?? []);
    this.#epochs = new EpochBook(epochs);
    this.#left = new Map(epochs.map(({ epoch, pending }) => [epoch.id, pending]));
    this.#tables = new Map(manifest?.tables.map((table) => [qualified(table.definition), table]));
    this.recovered = {
      checkpoints: full ? new Map() : (manifest?.checkpoints ?? new Map()),
      openEpochs: epochs.map(({ epoch }) => epoch),
      lastCommit: manifest?.id ?? 0n,
      ...(manifest === undefined ? {} : { run: manifest.run }),
    };
  }

  async define(table: TableDefinition): Promise<readonly SchemaChange[]> {
    this.#check();
    const work = this.#works.get(table.name);
    if (work !== undefined && work.definition.namespace !== table.namespace) {
      throw new MillraceError(
        "MLR_SCHEMA_COLLISION",
        `table "${table.name}" is written in two namespaces by one pipeline`,
      );
    }
    const stored = this.#tables.get(qualified(table));
    const { definition, changes } = evolve(
      table,
      work?.definition ?? stored?.definition,
      this.#context.layout,
    );
    this.#checkLayout(table, stored);
    return this.#guarded(`defining table "${table.name}"`, async () => {
      await checkOwner(this.#context.root, this.#context.owner.pipeline, table);
      if (work !== undefined) await work.redefine(definition, changes.length > 0);
      if (work === undefined) this.#works.set(table.name, this.#work(definition, stored));
      return changes;
    });
  }

  async existing(table: TableName): Promise<TableDefinition | undefined> {
    this.#check();
    const work = this.#works.get(table.name);
    if (work !== undefined && work.definition.namespace === table.namespace) return work.definition;
    return this.#tables.get(qualified(table))?.definition;
  }

  async write(table: string, batch: EncodableBatch): Promise<void> {
    this.#check();
    const work = this.#works.get(table);
    if (work === undefined)
      throw new MillraceError("MLR_INTERNAL", `rows were written to table "${table}" before it was defined`);
    this.#dirty = true;
    await this.#guarded(`writing table "${table}" to ${this.#context.root}`, () => work.write(batch));
  }

  async commit(cut: Cut): Promise<CommitResult> {
    this.#check();
    const lastCommit = this.#manifest?.id ?? 0n;
    if (this.#last !== undefined && cut.id === lastCommit && !this.#dirty) return this.#last;
    if (cut.id !== lastCommit + 1n)
      throw new MillraceError("MLR_INTERNAL", `commit ${cut.id} does not follow commit ${lastCommit}`);
    return this.#guarded(`committing to ${this.#context.root}`, () => this.#commit(cut));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const work of this.#works.values()) await work.close().catch(() => undefined);
    if (this.#context.dryRun) await rm(this.#context.waiting, { recursive: true, force: true });
  }

  async #commit(cut: Cut): Promise<CommitResult> {
    if (this.#forget) this.#epochs.forget();
    this.#epochs.take(cut, (table) => this.#works.get(table)?.definition ?? this.#named(table)?.definition);
    // An epoch that an earlier attempt left may end without a row more.
    for (const { table } of cut.completed) this.#workOf(table);
    const outcomes = new Map<string, TableOutcome>();
    for (const [name, work] of this.#works) outcomes.set(name, await work.prepare(cut));
    const tables = this.#counts(cut, outcomes);
    const snapshots = snapshotsOf(outcomes);
    const manifest = this.#next(cut, outcomes, tables);
    const result: CommitResult = {
      id: cut.id,
      tables,
      totals: manifest.run.counts,
      withheld: this.#epochs.withheld(
        cut.completed,
        (table) => this.#works.get(table)?.definition.mode !== "append",
      ),
      ...(snapshots === undefined ? {} : { snapshots }),
      ...(this.#context.dryRun ? { sample: [] } : {}),
    };
    if (!this.#context.dryRun) await this.#land(manifest);
    this.#settle(cut, manifest, result);
    return result;
  }

  /** Everything before the manifest can be thrown away; everything after it is done again where it is interrupted. */
  async #land(manifest: Manifest): Promise<void> {
    const { root, home, waiting, owner, step } = this.#context;
    for (const { definition } of manifest.tables)
      if (definition.internal !== true) await claimTable(root, owner.pipeline, definition);
    await syncFolder(waiting);
    await step("written");
    await writeManifest(home, owner, manifest);
    await step("committed");
    try {
      await publish(root, home, manifest, step);
      await dropOlderManifests(home, owner, manifest.id);
      await this.#dropUnwanted(manifest);
      await step("published");
    } catch (cause) {
      throw new MillraceError(
        "MLR_COMMIT_UNKNOWN",
        `commit ${manifest.id} has happened, but not all of its files could be put into ${root}: ${ioError(cause, "publishing").message}`,
        { hint: "Opening the folder again puts them there.", cause },
      );
    }
  }

  /** By name, never all there is: a successor may be writing there by now. */
  async #dropUnwanted(manifest: Manifest): Promise<void> {
    const wanted = new Set([
      ...manifest.epochs.flatMap(({ pending }) => pending),
      ...manifest.publish.add.map(({ from }) => from),
    ]);
    const known = [
      ...(this.#manifest?.epochs.flatMap(({ pending }) => pending) ?? []),
      ...this.#context.takeNames(),
    ];
    await dropWaiting(this.#context.home, new Set(known).difference(wanted));
  }

  #settle(cut: Cut, manifest: Manifest, result: CommitResult): void {
    this.#manifest = manifest;
    this.#last = result;
    this.#forget = false;
    this.#dirty = false;
    this.#epochs.close(cut);
    for (const record of manifest.tables) this.#tables.set(qualified(record.definition), record);
    for (const work of this.#works.values()) work.committed();
  }

  #next(cut: Cut, outcomes: ReadonlyMap<string, TableOutcome>, tables: Record<string, Counts>): Manifest {
    const { owner, run, nowMs } = this.#context;
    const kept = this.#forget ? [] : (this.#manifest?.checkpoints ?? []);
    const before = this.#manifest?.run.id === run ? this.#manifest.run.counts : {};
    const totals = Object.fromEntries(Object.entries(before).map(([name, counts]) => [name, { ...counts }]));
    for (const [name, counts] of Object.entries(tables))
      totals[name] = addCounts(totals[name] ?? zeroCounts(), counts);
    const records = new Map(this.#tables);
    for (const work of this.#works.values()) records.set(qualified(work.definition), this.#record(work));
    const work = (table: string): TableWork | undefined => this.#works.get(table);
    return {
      version: MANIFEST_VERSION,
      pipeline: owner.pipeline,
      id: cut.id,
      attempt: owner.attempt,
      committedAt: new Date(nowMs()).toISOString(),
      run: { id: run, finished: cut.final, counts: totals },
      checkpoints: new Map([...kept, ...cut.checkpoints]),
      epochs: this.#epochs.after(cut, (table, id) => work(table)?.pending(id) ?? this.#left.get(id) ?? []),
      tables: [...records.values()],
      publish: {
        add: [...outcomes.values()].flatMap(({ add }) => add),
        remove: [...outcomes.values()].flatMap(({ remove }) => remove),
      },
    };
  }

  #counts(cut: Cut, outcomes: ReadonlyMap<string, TableOutcome>): Record<string, Counts> {
    const tables: Record<string, Counts> = {};
    const names = new Set([...Object.keys(cut.counts), ...cut.completed.map(({ table }) => table)]);
    for (const [name, { counts }] of outcomes) if (Object.keys(counts).length > 0) names.add(name);
    for (const name of names) {
      if (this.#works.get(name)?.definition.internal === true) continue;
      tables[name] = addCounts(
        addCounts(zeroCounts(), cut.counts[name] ?? {}),
        outcomes.get(name)?.counts ?? {},
      );
    }
    return tables;
  }

  #record(work: TableWork): TableRecord {
    const last = work instanceof ReplaceWork ? work.lastSnapshot : undefined;
    return {
      definition: work.definition,
      layout: this.#layout,
      ...(last === undefined ? {} : { lastSnapshot: last }),
    };
  }

  #workOf(table: string): void {
    const record = this.#works.has(table) ? undefined : this.#named(table);
    if (record !== undefined) this.#works.set(table, this.#work(record.definition, record));
  }

  #work(definition: TableDefinition, stored: TableRecord | undefined): TableWork {
    if (definition.mode === "append") return new AppendWork(this.#context, definition);
    return new ReplaceWork({
      context: this.#context,
      definition,
      left: this.#left,
      lastSnapshot: stored?.lastSnapshot,
      epoch: (id) => this.#epochs.get(id),
    });
  }

  #named(table: string): TableRecord | undefined {
    return [...this.#tables.values()].find(({ definition }) => definition.name === table);
  }

  get #layout(): string {
    const { extension, partitionBy } = this.#context.layout;
    return [extension, ...partitionBy].join("/");
  }

  #checkLayout({ name }: TableDefinition, stored: TableRecord | undefined): void {
    if (stored === undefined || stored.layout === this.#layout) return;
    throw new MillraceError(
      "MLR_SCHEMA_MISMATCH",
      `table "${name}" has files of the layout ${stored.layout}, and now ${this.#layout} is wanted`,
      {
        hint: "The format, compression and folders of a table do not change: choose another table or another path.",
        details: { table: name },
      },
    );
  }

  async #guarded<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // A successor clears away what waits: that a file is gone then has a reason.
      if (errno(error) === "ENOENT" && !this.#context.dryRun) await this.#checkFence();
      throw ioError(error, what);
    }
  }

  async #checkFence(): Promise<void> {
    const { home, owner } = this.#context;
    const current = await currentAttempt(home);
    if (current !== undefined && current > owner.attempt) throw fenced(owner, current);
  }

  #check(): void {
    if (this.#closed) throw new MillraceError("MLR_INTERNAL", "the session is closed");
  }
}

function qualified({ name, namespace }: TableName): string {
  return namespace === undefined ? name : `${namespace}.${name}`;
}

function snapshotsOf(
  outcomes: ReadonlyMap<string, TableOutcome>,
): Readonly<Record<string, SnapshotOutcome>> | undefined {
  const taken = [...outcomes].flatMap(([name, { snapshot }]): [string, SnapshotOutcome][] =>
    snapshot === undefined ? [] : [[name, snapshot]],
  );
  return taken.length === 0 ? undefined : Object.fromEntries(taken);
}
