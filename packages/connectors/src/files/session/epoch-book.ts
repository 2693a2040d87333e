import {
  canonicalText,
  type Cut,
  type Epoch,
  type EpochCut,
  type Row,
  type TableDefinition,
} from "@millrace/core";
import type { EpochRecord } from "../state/manifest.ts";
import type { Where } from "./reveal.ts";

/** An epoch as the session goes on with it. */
export interface OpenEpoch {
  readonly epoch: Epoch;
  readonly table: string;
  readonly where: Where | undefined;
  readonly taints: Set<string>;
}

/** The open epochs of a pipeline. */
export class EpochBook {
  #open: Map<string, OpenEpoch>;

  constructor(records: readonly EpochRecord[]) {
    this.#open = new Map(
      records.map(({ epoch, table, where }) => [
        epoch.id,
        { epoch, table, where, taints: new Set(epoch.taints) },
      ]),
    );
  }

  get(id: string): OpenEpoch | undefined {
    return this.#open.get(id);
  }

  /** Epochs that begin, and what taints them. */
  take(cut: Cut, definition: (table: string) => TableDefinition | undefined): void {
    for (const { table, where, through: _through, snapshot: _snapshot, ...epoch } of cut.begun) {
      const scope = where === undefined ? undefined : whereOf(definition(table), where);
      this.#open.set(epoch.id, { epoch, table, where: scope, taints: new Set(epoch.taints) });
    }
    for (const [id, taints] of cut.taints) this.#taint(id, taints);
    for (const { id, taints } of cut.completed) this.#taint(id, taints);
  }

  /** A full run's first commit starts from nothing. */
  forget(): void {
    this.#open = new Map();
  }

  /** The tables of epochs that are completed or given up, and what was not removed there for which reasons. */
  withheld(
    completed: readonly EpochCut[],
    isRemoving: (table: string) => boolean,
  ): Record<string, readonly string[]> {
    const reasons: Record<string, readonly string[]> = {};
    for (const { id, table } of completed) {
      const taints = this.#open.get(id)?.taints ?? [];
      const all = [...new Set([...(reasons[table] ?? []), ...taints])];
      if (all.length > 0 && isRemoving(table)) reasons[table] = all;
    }
    return reasons;
  }

  /** The records for the manifest, without those that end with the commit. */
  after(cut: Cut, pending: (table: string, epoch: string) => readonly string[]): EpochRecord[] {
    const ended = new Set([...cut.discarded, ...cut.completed.map(({ id }) => id)]);
    return [...this.#open.values()]
      .filter(({ epoch }) => !ended.has(epoch.id))
      .map(({ epoch, table, where, taints }) => ({
        epoch: { ...epoch, taints: [...taints] },
        table,
        ...(where === undefined ? {} : { where }),
        pending: pending(table, epoch.id),
      }));
  }

  close(cut: Cut): void {
    for (const id of [...cut.discarded, ...cut.completed.map((epoch) => epoch.id)]) this.#open.delete(id);
  }

  #taint(id: string, taints: readonly string[]): void {
    for (const reason of taints) this.#open.get(id)?.taints.add(reason);
  }
}

/** A scope's values as canonical texts, so that a column that is widened later still compares. */
function whereOf(table: TableDefinition | undefined, where: Row): Where {
  const texts = Object.entries(where).map(([name, value]): [string, string | null] => {
    if (value === null || value === undefined) return [name, null];
    const column = table?.columns.find((each) => each.name === name);
    return [name, column === undefined ? JSON.stringify(value) : canonicalText(column.type)(value)];
  });
  return Object.fromEntries(texts);
}
