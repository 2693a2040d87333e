import type { ManagedTable } from "../define/managed-table.ts";
import { MergeWork } from "../merge/merge-work.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { EpochRecord, TableWork } from "../session/table-work.ts";
import { AppendWork } from "./append-work.ts";
import { ReplaceReveal } from "./replace-reveal.ts";
import { SideWork } from "./side-work.ts";
import { SnapshotReveal } from "./snapshot-reveal.ts";
import { UpsertWork } from "./upsert-work.ts";

/** How the table is written in its mode. */
export function workFor(
  context: SessionContext,
  managed: ManagedTable,
  epochs: ReadonlyMap<string, EpochRecord>,
): TableWork {
  const { table } = managed;
  const side = { stored: epochs, pendingCreate: () => managed.pending === "create" };
  switch (table.mode) {
    case "append":
      return new AppendWork(context, managed);
    case "upsert":
      return new UpsertWork(context, managed);
    case "merge":
      return new MergeWork(context, managed);
    case "replace":
      return new SideWork(context, table, { ...side, reveal: new ReplaceReveal(context) });
    case "snapshot":
      return new SideWork(context, table, { ...side, reveal: new SnapshotReveal(context) });
  }
}
