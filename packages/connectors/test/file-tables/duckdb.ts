import { DuckDBInstance, type DuckDBConnection, type Json } from "@duckdb/node-api";

let connection: Promise<DuckDBConnection> | undefined;

/** Asks DuckDB, the reader that users are told of; rows as JSON. */
export async function duck(query: string): Promise<Record<string, Json>[]> {
  connection ??= DuckDBInstance.create(":memory:").then((instance) => instance.connect());
  const reader = await (await connection).runAndReadAll(query);
  return reader.getRowObjectsJson();
}

/** Column → type, as DuckDB sees a file or glob. */
export async function duckTypes(from: string): Promise<Record<string, Json>> {
  const rows = await duck(`DESCRIBE SELECT * FROM ${from}`);
  return Object.fromEntries(
    rows.map(({ column_name: name, column_type: type }) => [name as string, type ?? null]),
  );
}
