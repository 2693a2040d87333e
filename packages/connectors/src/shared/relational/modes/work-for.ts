import type { ManagedTable } from "../define/managed-table.ts";
import { MergeWork } from "../merge/merge-work.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableWork } from "../session/table-work.ts";
import { AppendWork } from "./append-work.ts";
import { SideWork } from "./side-work.ts";
import { UpsertWork } from "./upsert-work.ts";

/** How a table is written, by its mode. */
export function workFor(context: SessionContext, managed: ManagedTable): TableWork {
  if (managed.table.internal === true) return new AppendWork(context, managed);
  switch (managed.table.mode) {
    case "append":
      return new AppendWork(context, managed);
    case "upsert":
      return new UpsertWork(context, managed);
    case "merge":
      return new MergeWork(context, managed);
    case "replace":
    case "snapshot":
      return new SideWork(context, managed);
  }
}
