import type { Cut, EpochCut } from "@millrace/core";
import type { CompletedEpoch, EpochRecord } from "./table-work.ts";

/** The open epochs of a pipeline: as they are in the database, and as a commit makes them. */
export class EpochBook {
  /** By id, as the database has them. */
  readonly stored: Map<string, EpochRecord>;

  constructor(stored: Iterable<EpochRecord>) {
    this.stored = new Map([...stored].map((record) => [record.id, record]));
  }

  has(id: string): boolean {
    return this.stored.has(id);
  }

  /** The epochs as they are with this cut: copies, so that a commit that fails changes nothing. */
  with(cut: Cut, forget: boolean): CutEpochs {
    const before = forget ? [] : [...this.stored.values()];
    const records = new Map(before.map((each) => [each.id, { ...each, taints: new Set(each.taints) }]));
    for (const epoch of [...cut.begun, ...cut.completed]) {
      const record = records.get(epoch.id) ?? newRecord(epoch);
      for (const taint of epoch.taints) record.taints.add(taint);
      records.set(epoch.id, record);
    }
    for (const [id, taints] of cut.taints) for (const taint of taints) records.get(id)?.taints.add(taint);
    for (const id of cut.discarded) records.delete(id);
    return new CutEpochs(cut, records, forget ? new Map() : this.stored);
  }

  /** The commit is durable. */
  committed(epochs: CutEpochs): void {
    this.stored.clear();
    for (const record of epochs.open) this.stored.set(record.id, record);
  }
}

/** The epochs of one commit. */
export class CutEpochs {
  /** Ids of those that are over with it. */
  readonly over: readonly string[];
  readonly #cut: Cut;
  readonly #records: ReadonlyMap<string, EpochRecord>;
  readonly #before: ReadonlyMap<string, EpochRecord>;

  constructor(cut: Cut, records: ReadonlyMap<string, EpochRecord>, before: ReadonlyMap<string, EpochRecord>) {
    this.over = [...cut.completed.map(({ id }) => id), ...cut.discarded];
    this.#cut = cut;
    this.#records = records;
    this.#before = before;
  }

  /** Those that stay open. */
  get open(): EpochRecord[] {
    return [...this.#records.values()].filter(({ id }) => !this.over.includes(id));
  }

  /** Of these, those that the commit has something new to say of. */
  get changed(): EpochRecord[] {
    return this.open.filter((record) => {
      const before = this.#before.get(record.id);
      return (
        before === undefined ||
        before.rowsSeen !== record.rowsSeen ||
        before.rowsInserted !== record.rowsInserted ||
        before.sideTable !== record.sideTable ||
        before.taints.size !== record.taints.size
      );
    });
  }

  /** Those of a table, also those that are completed now. */
  of(table: string): Map<string, EpochRecord> {
    return new Map([...this.#records].filter(([, record]) => record.table === table));
  }

  completedOf(table: string): CompletedEpoch[] {
    return this.#cut.completed.flatMap(({ id, scope, where, through, snapshot }) => {
      const record = this.#records.get(id);
      if (record?.table !== table) return [];
      return [{ record, where: scope === undefined ? undefined : where, through, snapshot }];
    });
  }

  /** The commit says something of the epochs of the table. */
  touch(table: string): boolean {
    return (
      this.#cut.completed.some((epoch) => epoch.table === table) ||
      this.#cut.discarded.some((id) => this.#before.get(id)?.table === table)
    );
  }

  /** Tables that are needed to carry the commit out, whether the session has been told of them or not. */
  get tables(): Set<string> {
    const sides = this.#cut.discarded.flatMap((id) => this.#before.get(id) ?? []);
    return new Set([
      ...this.#cut.completed.map(({ table }) => table),
      ...sides.filter(({ sideTable }) => sideTable !== undefined).map(({ table }) => table),
    ]);
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
  };
}
