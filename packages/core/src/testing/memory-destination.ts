import type { Capabilities } from "../capabilities.ts";
import { systemClock, type Clock } from "../clock.ts";
import type { Destination } from "../destination.ts";
import { MillraceError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Row } from "../row.ts";
import { SCALAR_KINDS } from "../schema/column-type.ts";
import type { TableDefinition } from "../schema/table.ts";
import { tableOptions, type TableOptions } from "../table-options.ts";
import type { Target } from "../target.ts";
import { inspectStore, tableNamed } from "./memory/inspector.ts";
import { openSession, type StoreHolder } from "./memory/session.ts";
import { emptyStore, type StoredRow, type TableState } from "./memory/store.ts";
import { keyText } from "./memory/values.ts";

/** How `memoryDestination` behaves. */
export interface MemoryDestinationOptions {
  /** Tells the time of commits. Default the machine's. */
  readonly clock?: Clock;
  /** Default: everything there is. */
  readonly capabilities?: Partial<Capabilities>;
}

/** A table as a test wants to see it. */
export interface MemoryTable {
  readonly definition: TableDefinition;
  /** In storage form, without the nulls, ordered by key; without a key in the order they came. */
  readonly rows: readonly Row[];
  /** Older versions in the order they were archived. */
  readonly history: readonly {
    readonly operation: "update" | "remove";
    readonly changed: readonly string[];
    readonly row: Row;
  }[];
}

/** Everything that is committed, except what differs between two runs that do the same: run ids, times, attempts. */
export interface MemorySnapshot {
  readonly tables: Readonly<Record<string, MemoryTable>>;
  readonly checkpoints: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Ids of open epochs by pipeline. */
  readonly openEpochs: Readonly<Record<string, readonly string[]>>;
}

/** A destination that keeps everything in memory, with all write modes: the measure that others are compared with. */
export interface MemoryDestination extends Destination {
  inspect: NonNullable<Destination["inspect"]>;
  /** For `pipeline({ destination })`: every stream lands in the table of this name. */
  table(name: string, options?: Omit<TableOptions, "name">): Target;
  /** For `pipeline({ destination })`: stream → options of its table. */
  tables(options: Readonly<Record<string, TableOptions>>): Target;
  /** A copy of what is committed, made for comparing. */
  snapshot(): MemorySnapshot;
  /** The live rows of a table, see `MemoryTable.rows`. Fails with MLR_TABLE_NOT_FOUND. */
  rows(table: string): readonly Row[];
  /** A table's snapshots with their rows, oldest first. */
  snapshots(table: string): readonly { readonly scope: string; readonly rows: readonly Row[] }[];
  /** Changes values of the rows that `where` picks without telling anybody, as a foreign writer would. */
  tamper(table: string, where: (row: Row) => boolean, values: Row): void;
}

const CAPABILITIES: Capabilities = {
  transactions: true,
  modes: ["append", "replace", "upsert", "merge", "snapshot"],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: 63 },
  checks: { questions: ["count", "duplicates", "orphans", "newest"], when: "before-commit" },
  partitions: true,
  dryRun: true,
};

/** Closing it forgets nothing: sessions can be opened again, as on a database that goes on. */
export function memoryDestination(options: MemoryDestinationOptions = {}): MemoryDestination {
  const clock = options.clock ?? systemClock;
  const holder: StoreHolder = { current: emptyStore() };
  const destination: MemoryDestination = {
    kind: "memory",
    location: "memory",
    capabilities: { ...CAPABILITIES, ...options.capabilities },
    open: async (owner, open = {}) => openSession(holder, owner, { ...open, clock }),
    inspect: async () => inspectStore(holder),
    close: async () => undefined,
    table: (name, own = {}) => {
      const parsed = tableOptions.parse({ ...own, name });
      return target(destination, () => parsed);
    },
    tables: (own) => {
      const parsed = new Map(Object.entries(own).map(([stream, each]) => [stream, tableOptions.parse(each)]));
      return {
        ...target(destination, (stream) => parsed.get(stream)),
        tables: [...parsed.values()],
        streams: [...parsed.keys()],
      };
    },
    snapshot: () => snapshotOf(holder),
    rows: (table) => liveRows(tableNamed(holder, table)),
    snapshots: (table) => snapshotsOf(tableNamed(holder, table)),
    tamper: (table, where, values) => tamperWith(tableNamed(holder, table), where, values),
  };
  return destination;
}

function target(destination: Destination, tableFor: Target["tableFor"]): Target {
  return { kind: "memory", tableFor, destination: async () => destination };
}

function snapshotOf({ current }: StoreHolder): MemorySnapshot {
  const tables = [...current.tables].map(([name, table]) => [name, tableView(table)]);
  const pipelines = [...current.pipelines];
  return {
    tables: Object.fromEntries(tables),
    checkpoints: Object.fromEntries(
      pipelines.map(([name, { checkpoints }]) => [name, Object.fromEntries(checkpoints)]),
    ),
    openEpochs: Object.fromEntries(pipelines.map(([name, { epochs }]) => [name, [...epochs.keys()]])),
  };
}

function tableView(table: TableState): MemoryTable {
  const history = table.history.map(({ operation, changed, row }) => ({
    operation,
    changed,
    row: withoutNulls(row.values),
  }));
  return { definition: table.definition, rows: liveRows(table), history };
}

function liveRows(table: TableState): Row[] {
  return ordered(table, [...table.rows.values()]);
}

function ordered({ definition }: TableState, rows: readonly StoredRow[]): Row[] {
  const values = rows.map((row) => withoutNulls(row.values));
  if (definition.key.length === 0) return values;
  const keyed = values.map((row) => ({ row, text: keyText(definition, row, definition.key) }));
  return keyed.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)).map(({ row }) => row);
}

function withoutNulls(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));
}

function snapshotsOf(table: TableState): { scope: string; rows: Row[] }[] {
  const scopes = Map.groupBy(table.rows.values(), (row) => row.snapshot ?? "");
  return [...scopes]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([scope, rows]) => ({ scope, rows: ordered(table, rows) }));
}

function tamperWith(table: TableState, where: (row: Row) => boolean, values: Row): void {
  let touched = 0;
  for (const [key, row] of table.rows) {
    if (!where(row.values)) continue;
    table.rows.set(key, { ...row, values: { ...row.values, ...values } });
    touched++;
  }
  if (touched === 0)
    throw new MillraceError("MLR_ARGUMENT_INVALID", `no row of table "${table.definition.name}" was picked`);
}
