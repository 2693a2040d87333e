import { MillraceError, type Cut, type Epoch } from "@millrace/core";
import { beginRecord, type EpochRecord } from "../state/epoch-record.ts";
import { epochTable } from "../state/names.ts";
import { tableEntryName } from "../state/registry.ts";
import type { JournalBook } from "./journal-book.ts";
import type { ManagedTable } from "./managed-table.ts";

/** Epochs that this commit opens, and the taints that it tells of. */
export function beginEpochs(
  book: JournalBook,
  cut: Cut,
  tableOf: (name: string) => ManagedTable | undefined,
): void {
  for (const begun of cut.begun) {
    const table = tableOf(begun.table);
    if (table === undefined) {
      throw new MillraceError(
        "MLR_INTERNAL",
        `epoch ${begun.id} begins on table "${begun.table}", which is not defined`,
      );
    }
    book.epochs.set(begun.id, beginRecord(begun, table.database, table.definition.columns));
  }
  for (const [id, taints] of cut.taints) taint(book, id, taints);
  for (const { id, taints } of cut.completed) taint(book, id, taints);
}

function taint(book: JournalBook, id: string, taints: Epoch["taints"]): void {
  const record = book.epochs.get(id);
  if (record === undefined) return;
  const all = [...new Set([...record.taints, ...taints])];
  if (all.length !== record.taints.length) book.epochs.set(id, { ...record, taints: all });
}

/** A full run's first commit starts from nothing: only what it brings itself is there afterwards. */
export function forgetState(book: JournalBook, cut: Cut): EpochRecord[] {
  book.checkpoints.clear();
  const begun = new Set(cut.begun.map(({ id }) => id));
  const forgotten = [...book.epochs.values()].filter(({ id }) => !begun.has(id));
  for (const { id } of forgotten) book.epochs.delete(id);
  return forgotten;
}

/** The table that an epoch has for itself; undefined where it has none. */
export function ownTable(
  pipelineId: string,
  { id, database, table, columns }: EpochRecord,
): string | undefined {
  return columns === undefined ? undefined : epochTable(pipelineId, id, tableEntryName(database, table));
}
