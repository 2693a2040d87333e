import { formatColumnType, parseColumnType, type Json, type TableDefinition } from "@millrace/core";

/** A table's definition for the journal. */
export function definitionToJson(definition: TableDefinition): Json {
  const { columns, ...rest } = definition;
  const plain = columns.map(({ type, ...column }) => ({ ...column, type: formatColumnType(type) }));
  return JSON.parse(JSON.stringify({ ...rest, columns: plain })) as Json;
}

/** The inverse. */
export function definitionFromJson(json: Json): TableDefinition {
  const { columns, ...rest } = json as unknown as Omit<TableDefinition, "columns"> & {
    readonly columns: readonly { readonly name: string; readonly type: string }[];
  };
  return { ...rest, columns: columns.map((column) => ({ ...column, type: parseColumnType(column.type) })) };
}
