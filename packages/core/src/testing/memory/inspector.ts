import { tableChanges } from "./changes.ts";
import type { Inspector, PipelineState, RowVersion, VerifyResult } from "../../destination.ts";
import { MillraceError } from "../../errors.ts";
import { compileRowHasher } from "../../hash/row-hasher.ts";
import type { Json } from "../../json.ts";
import type { TableDefinition } from "../../schema/table.ts";
import type { StoreHolder } from "./session.ts";
import type { PipelineEntry, StoredRow, TableState } from "./store.ts";
import { textOf } from "./values.ts";

/** Keys that `verify` lists. */
const EXAMPLES = 100;

/** Reads the committed store; each call sees it as it is then. */
export function inspectStore(holder: StoreHolder): Inspector {
  return {
    tables: async () =>
      [...holder.current.tables.values()].flatMap(({ definition, owners }) =>
        [...owners.keys()].map((pipeline) => ({ table: definition.name, pipeline, mode: definition.mode })),
      ),
    history: async (table, key) => versions(tableNamed(holder, table), key),
    changes: (table, between) => tableChanges(tableNamed(holder, table), between),
    verify: async (table) => verifyTable(table, tableNamed(holder, table)),
    state: async (pipeline) => stateOf(pipeline, holder.current.pipelines.get(pipeline)),
    resetState: async (pipeline) => {
      const entry = holder.current.pipelines.get(pipeline);
      if (entry === undefined) return;
      holder.current.pipelines.set(pipeline, { ...entry, checkpoints: new Map(), epochs: new Map() });
    },
    close: async () => undefined,
  };
}

/** The table of this name, also with its namespace before it. Fails with MLR_TABLE_NOT_FOUND. */
export function tableNamed(holder: StoreHolder, name: string): TableState {
  const { tables } = holder.current;
  const table = tables.get(name) ?? [...tables.values()].find(({ definition }) => definition.name === name);
  if (table !== undefined) return table;
  throw new MillraceError("MLR_TABLE_NOT_FOUND", `there is no table "${name}"`, {
    hint: `Tables: ${[...tables.keys()].join(", ") || "none"}.`,
  });
}

function versions(
  { definition, rows, history }: TableState,
  key: Readonly<Record<string, string>>,
): RowVersion[] {
  const isWanted = ({ values }: StoredRow): boolean =>
    Object.entries(key).every(([column, text]) => textOf(definition, values, column) === text);
  const current = [...rows.values()]
    .filter(isWanted)
    .map((row) => version(definition, row, { operation: "current", changed: [], to: null }));
  const archived = history
    .filter(({ row }) => isWanted(row))
    .map(({ row, operation, changed, archivedAt }) =>
      version(definition, row, { operation, changed, to: iso(archivedAt) }),
    );
  return [...current, ...archived.toReversed()];
}

function version(
  definition: TableDefinition,
  row: StoredRow,
  rest: Pick<RowVersion, "operation" | "changed" | "to">,
): RowVersion {
  const values: [string, Json][] = definition.columns.map(({ name }) => [
    name,
    textOf(definition, row.values, name),
  ]);
  return { ...rest, run: row.run, from: iso(row.loadedAt), values: Object.fromEntries(values) };
}

function verifyTable(name: string, { definition, rows }: TableState): VerifyResult {
  const hash = compileRowHasher(definition.columns);
  const different = [...rows.values()].filter(
    (row) => row.hash !== undefined && row.hash !== hash(row.values),
  );
  const examples = different.slice(0, EXAMPLES).map(({ values }) => ({
    key: Object.fromEntries(definition.key.map((column) => [column, textOf(definition, values, column)])),
    fields: null,
  }));
  return {
    table: name,
    rows: rows.size,
    equal: rows.size - different.length,
    different: different.length,
    examples,
  };
}

function stateOf(pipeline: string, entry: PipelineEntry | undefined): PipelineState | undefined {
  if (entry === undefined) return undefined;
  return {
    pipeline,
    attempt: entry.attempt,
    lastCommit: entry.lastCommit,
    run: entry.run?.id ?? null,
    finished: entry.run?.finished ?? false,
    checkpoints: new Map(entry.checkpoints),
    openEpochs: [...entry.epochs.values()].map(({ epoch }) => epoch),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
