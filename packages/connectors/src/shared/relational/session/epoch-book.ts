import type { Cut, EpochCut, Row, Scope } from "@millrace/core";
import type { StoredEpoch } from "../state/pipeline-state.ts";

/** An epoch as the session follows it. */
export interface EpochRecord {
  readonly id: string;
  /** Stands for it where its rows and keys are kept. */
  readonly number: number;
  readonly stream: string;
  readonly table: string;
  readonly scope: Scope | undefined;
  readonly taints: Set<string>;
  /** It was open when the last commit landed, so that what it saw may be stored. */
  readonly stored: boolean;
}

/** An epoch that the commit completes. */
export interface CompletedEpoch {
  readonly record: EpochRecord;
  /** The scope under the table's names; undefined: the whole stream. */
  readonly where: Row | undefined;
  /** Sequence of the last batch before it completed. */
  readonly through: number | undefined;
  /** Of snapshot tables: the scope that it is the snapshot of. */
  readonly snapshot: string | undefined;
}

/** The open epochs of a pipeline: as they are in the database, and as a commit makes them. */
export class EpochBook {
  readonly #stored: Map<string, EpochRecord>;
  #last: number;

  constructor(stored: readonly StoredEpoch[]) {
    this.#stored = new Map(stored.map((each) => [each.epoch.id, recordOf(each)]));
    this.#last = Math.max(0, ...stored.map(({ number }) => number));
  }

  /** The epochs as they are with this cut: copies, so that a commit that fails changes nothing. */
  with(cut: Cut, forget: boolean): CutEpochs {
    const before = forget ? new Map<string, EpochRecord>() : this.#stored;
    const records = new Map(
      [...before.values()].map((each) => [each.id, { ...each, taints: new Set(each.taints) }]),
    );
    for (const epoch of [...cut.begun, ...cut.completed]) {
      const record = records.get(epoch.id) ?? this.#newRecord(epoch);
      for (const taint of epoch.taints) record.taints.add(taint);
      records.set(epoch.id, record);
    }
    for (const [id, taints] of cut.taints) for (const taint of taints) records.get(id)?.taints.add(taint);
    return new CutEpochs(cut, records, before);
  }

  /** The commit is durable. */
  committed(epochs: CutEpochs): void {
    this.#stored.clear();
    for (const record of epochs.open) this.#stored.set(record.id, { ...record, stored: true });
  }

  #newRecord(epoch: EpochCut): EpochRecord {
    const { id, stream, table, scope } = epoch;
    return { id, number: ++this.#last, stream, table, scope, taints: new Set(), stored: false };
  }
}

/** The epochs of one commit. */
export class CutEpochs {
  readonly #cut: Cut;
  readonly #records: ReadonlyMap<string, EpochRecord>;
  readonly #before: ReadonlyMap<string, EpochRecord>;

  constructor(cut: Cut, records: ReadonlyMap<string, EpochRecord>, before: ReadonlyMap<string, EpochRecord>) {
    this.#cut = cut;
    this.#records = records;
    this.#before = before;
  }

  /** Those that stay open. */
  get open(): EpochRecord[] {
    const over = new Set([...this.#cut.completed.map(({ id }) => id), ...this.#cut.discarded]);
    return [...this.#records.values()].filter(({ id }) => !over.has(id));
  }

  /** Of these, those that the commit has something new to say of. */
  get changed(): EpochRecord[] {
    return this.open.filter(({ id, taints }) => this.#before.get(id)?.taints.size !== taints.size);
  }

  /** Ids of those that are over with it and were stored. */
  get over(): string[] {
    const ids = [...this.#cut.completed.map(({ id }) => id), ...this.#cut.discarded];
    return ids.filter((id) => this.#before.has(id));
  }

  /** All of a table, also those that are over now, by id. */
  of(table: string): Map<string, EpochRecord> {
    return new Map([...this.#records].filter(([, record]) => record.table === table));
  }

  /** Those of a table that stay open. */
  openOf(table: string): EpochRecord[] {
    return this.open.filter((record) => record.table === table);
  }

  completedOf(table: string): CompletedEpoch[] {
    return this.#cut.completed.flatMap(({ id, scope, where, through, snapshot }) => {
      const record = this.#records.get(id);
      if (record?.table !== table) return [];
      return [{ record, where: scope === undefined ? undefined : where, through, snapshot }];
    });
  }

  /** Those of a table that were stored and are given up. */
  discardedOf(table: string): EpochRecord[] {
    return this.#cut.discarded.flatMap((id) => {
      const record = this.#before.get(id);
      return record?.table === table ? [record] : [];
    });
  }

  /** The commit says something of the epochs of the table. */
  touch(table: string): boolean {
    return this.completedOf(table).length > 0 || this.discardedOf(table).length > 0;
  }

  /** Tables that are needed to carry the commit out, whether the session has been told of them or not. */
  get tables(): Set<string> {
    const discarded = this.#cut.discarded.flatMap((id) => this.#before.get(id)?.table ?? []);
    return new Set([...this.#cut.completed.map(({ table }) => table), ...discarded]);
  }
}

function recordOf({ epoch, table, number }: StoredEpoch): EpochRecord {
  const { id, stream, scope, taints } = epoch;
  return { id, number, stream, table, scope, taints: new Set(taints), stored: true };
}
