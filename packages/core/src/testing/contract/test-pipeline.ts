import { isDeepStrictEqual } from "node:util";
import type { CommitResult, Cut, Destination, EpochCut, Session } from "../../destination.ts";
import type { Counts } from "../../counts.ts";
import { settledHashes } from "../../hash/pending-hashes.ts";
import { MillraceError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import type { Scope } from "../../message.ts";
import type { Row } from "../../row.ts";
import { TableShaper } from "../../schema/shaper.ts";
import type { SchemaChange } from "../../schema/table.ts";
import { snapshotScope } from "../../snapshot/snapshot-scope.ts";
import { tableOptions, type TableOptions } from "../../table-options.ts";

/** What belongs to rows that are written. */
export interface WriteOptions {
  /** Ids of the epochs they are seen in. Default: all that are open on the table. */
  readonly epochs?: readonly string[];
  /** Child tables: the parents, under the columns of `parentKey`. */
  readonly parents?: readonly Row[];
  /** Keys of rejected rows. */
  readonly keptKeys?: readonly Row[];
}

/** What a commit says besides epochs. */
export interface CommitOptions {
  /** By slice. Default: none. */
  readonly checkpoints?: Readonly<Record<string, Json>>;
  /** What the engine counted, by table. Default: nothing. */
  readonly counts?: Readonly<Record<string, Partial<Counts>>>;
  /** The run ends with it. Default false. */
  readonly final?: boolean;
  /** Default: one more than the last. */
  readonly id?: bigint;
  /** When the readings that it completes began, in ms since 1970: tells which snapshots they are. Default 2026-11-22T12:00:00Z. */
  readonly readAt?: number;
  /** Looks at the tables within the commit. Default: nobody does. */
  readonly verify?: Cut["verify"];
}

/** The time that tests read at: none of them may depend on the day it runs. */
const READ_AT = Date.UTC(2026, 10, 22, 12);

interface OpenEpoch extends EpochCut {
  readonly taints: string[];
}

/**
 * Writes plain rows to a session as the engine does: shapes them into storage form, defines and grows tables, and
 * keeps account of epochs and commit ids.
 */
export class TestPipeline {
  readonly session: Session;
  readonly run: string;
  readonly #destination: Destination;
  readonly #shapers = new Map<string, TableShaper>();
  readonly #epochs = new Map<string, OpenEpoch>();
  #sequence = 0;
  #lastCommit: bigint;
  #counter = 0;
  readonly #prefix: string;
  #begun: string[] = [];
  #completed: OpenEpoch[] = [];
  #discarded: string[] = [];
  #tainted = new Set<string>();

  constructor(options: { destination: Destination; session: Session; run: string; attempt: bigint }) {
    this.#destination = options.destination;
    this.session = options.session;
    this.run = options.run;
    this.#prefix = `test-${options.attempt}`;
    this.#lastCommit = options.session.recovered.lastCommit;
  }

  /** Defines a table; `parentKey` makes it a child table. Columns that are not declared come with the rows. */
  async table(
    name: string,
    options: TableOptions & { readonly parentKey?: readonly string[] } = {},
  ): Promise<readonly SchemaChange[]> {
    const { parentKey, ...own } = options;
    const existing = await this.session.existing({ name });
    const shaper = new TableShaper({
      table: name,
      options: tableOptions.parse(own),
      capabilities: this.#destination.capabilities,
      ...(existing === undefined ? {} : { existing }),
      ...(parentKey === undefined ? {} : { parentKey }),
    });
    this.#shapers.set(name, shaper);
    return shaper.definition.columns.length === 0 ? [] : this.session.define(shaper.definition);
  }

  /** Takes up an open epoch that the session recovered. */
  resume(table: string, index = 0): string {
    const epoch = this.session.recovered.openEpochs[index];
    if (epoch === undefined)
      throw new MillraceError("MLR_INTERNAL", `the session recovered no epoch ${index}`);
    this.#epochs.set(epoch.id, this.#cut(table, epoch.id, epoch.scope, [...epoch.taints]));
    return epoch.id;
  }

  /** Opens an epoch of the table's stream; one of the same scope that is open is given up. */
  begin(table: string, scope?: Scope): string {
    const same = (epoch: OpenEpoch): boolean =>
      epoch.table === table && isDeepStrictEqual(epoch.scope, scope);
    for (const epoch of this.#epochs.values()) if (same(epoch)) this.discard(epoch.id);
    const id = `${this.#prefix}.${++this.#counter}`;
    this.#epochs.set(id, this.#cut(table, id, scope, []));
    this.#begun.push(id);
    return id;
  }

  /** Ids of the table's open epochs, in their own order. */
  openEpochs(table: string): string[] {
    const ids = [...this.#epochs.values()].filter((epoch) => epoch.table === table).map(({ id }) => id);
    return ids.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  }

  complete(id: string): void {
    const epoch = this.#open(id);
    this.#epochs.delete(id);
    this.#completed.push({ ...epoch, through: this.#sequence });
  }

  discard(id: string): void {
    this.#open(id);
    this.#epochs.delete(id);
    this.#begun = this.#begun.filter((begun) => begun !== id);
    this.#discarded.push(id);
  }

  taint(id: string, reason: string): void {
    this.#open(id).taints.push(reason);
    this.#tainted.add(id);
  }

  /** Returns what the schema's growth changed. Fails where a row is rejected: contract tests write good rows. */
  async write(
    table: string,
    rows: readonly Row[],
    options: WriteOptions = {},
  ): Promise<readonly SchemaChange[]> {
    const shaper = this.#shaper(table);
    const undefinedYet = shaper.definition.columns.length === 0;
    const shaped = shaper.shape(rows);
    const [rejected] = shaped.rejected;
    if (rejected !== undefined) throw new MillraceError(rejected.code, rejected.message);
    const changes = shaped.changed || undefinedYet ? await this.session.define(shaper.definition) : [];
    const { parents, keptKeys } = options;
    await this.session.write(table, {
      slice: "main",
      sequence: ++this.#sequence,
      rows: shaped.rows,
      ...(shaped.hashes === undefined ? {} : { hashes: await settledHashes(shaped.hashes) }),
      epochs: options.epochs ?? this.openEpochs(table),
      ...(keptKeys === undefined ? {} : { keptKeys: keptKeys.map((key) => shaper.storeKey(key)) }),
      ...(parents === undefined ? {} : { parents: parents.map((key) => shaper.storeKey(key)) }),
    });
    return changes;
  }

  /** One whole reading of the table's stream, or of a scope: begin, rows, complete. */
  async read(table: string, rows: readonly Row[], scope?: Scope): Promise<void> {
    const id = this.begin(table, scope);
    await this.write(table, rows, { epochs: [id] });
    this.complete(id);
  }

  async commit(options: CommitOptions = {}): Promise<CommitResult> {
    const result = await this.session.commit(this.#makeCut(options));
    this.#lastCommit = result.id;
    this.#begun = [];
    this.#completed = [];
    this.#discarded = [];
    this.#tainted = new Set();
    return result;
  }

  close(): Promise<void> {
    return this.session.close();
  }

  #makeCut(options: CommitOptions): Cut {
    const { checkpoints = {}, counts = {}, final = false, id = this.#lastCommit + 1n } = options;
    // Copies: what a commit was told must not change behind the destination's back.
    const copy = (epoch: OpenEpoch): EpochCut => ({ ...epoch, taints: [...epoch.taints] });
    const open = [...this.#epochs.values()];
    const tainted = open.filter((epoch) => this.#tainted.has(epoch.id));
    return {
      id,
      checkpoints: new Map(Object.entries(checkpoints)),
      begun: [...open, ...this.#completed].filter((epoch) => this.#begun.includes(epoch.id)).map(copy),
      completed: this.#completed.map((epoch) => ({ ...copy(epoch), ...this.#snapshot(epoch, options) })),
      taints: new Map(tainted.map((epoch) => [epoch.id, [...epoch.taints]])),
      discarded: [...this.#discarded],
      counts,
      final,
      verify: options.verify,
    };
  }

  #snapshot({ table }: OpenEpoch, { readAt = READ_AT }: CommitOptions): { snapshot?: string } {
    const { snapshot } = this.#shaper(table).definition;
    return snapshot === undefined ? {} : { snapshot: snapshotScope(snapshot, readAt) };
  }

  #cut(table: string, id: string, scope: Scope | undefined, taints: string[]): OpenEpoch {
    return {
      id,
      stream: table,
      table,
      taints,
      ...(scope === undefined ? {} : { scope, where: this.#shaper(table).storeKey(scope) }),
    };
  }

  #open(id: string): OpenEpoch {
    const epoch = this.#epochs.get(id);
    if (epoch !== undefined) return epoch;
    throw new MillraceError("MLR_INTERNAL", `epoch ${id} is not open`);
  }

  #shaper(table: string): TableShaper {
    const shaper = this.#shapers.get(table);
    if (shaper !== undefined) return shaper;
    throw new MillraceError("MLR_INTERNAL", `table "${table}" was not given to the test's pipeline`);
  }
}
