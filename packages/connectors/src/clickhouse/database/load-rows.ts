import { MillraceError, rowsToLoad, type LoadOptions, type Row } from "@millrace/core";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { RowLane } from "../stage/row-lane.ts";
import { parseServerType, type ServerType } from "./server-type.ts";
import { quoteName } from "./quote-name.ts";

/** Rows between two looks at how much has gathered. */
const LOOK_ROWS = 256;

/** Loads rows in RowBinary. Each piece that is sent is atomic, the whole is not: ClickHouse has no transactions. */
export async function loadRows(
  server: ClickHouseServer,
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: LoadOptions & { readonly batchBytes: number },
): Promise<number> {
  const { table, namespace, batchBytes, signal } = options;
  const database = namespace ?? server.settings.database;
  const given = await rowsToLoad(rows, options);
  if (given.columns.length === 0) return 0;
  const doing = `loading into table "${table}"`;
  const columns = await typesOf(server, { database, table, names: given.columns, doing });
  const lane = new RowLane({ server, database, table, batchBytes, doing, columns: given.columns, signal });
  let count = 0;
  for await (const row of given.rows) {
    for (const { name, type } of columns) writeValue(lane, type, { name, value: row[name], table });
    if (++count % LOOK_ROWS === 0) await lane.advance();
  }
  await lane.flush();
  return count;
}

interface TypedColumn {
  readonly name: string;
  readonly type: ServerType;
}

async function typesOf(
  server: ClickHouseServer,
  {
    database,
    table,
    names,
    doing,
  }: { database: string; table: string; names: readonly string[]; doing: string },
): Promise<TypedColumn[]> {
  const described = await server.values(`DESCRIBE TABLE ${quoteName(database, table)}`, { doing });
  const types = new Map(described.map(([name, type]) => [String(name), String(type)]));
  return names.map((name) => {
    const text = types.get(name);
    const type = text === undefined ? undefined : parseServerType(text);
    if (type !== undefined) return { name, type };
    const why = text === undefined ? "does not exist" : `is of type ${text}, which cannot be loaded`;
    throw new MillraceError("MLR_DATABASE_FAILED", `${doing}: column "${name}" ${why}`, {
      hint: "Name the columns that are to be filled: load(rows, { table, columns: [ … ] }).",
    });
  });
}

function writeValue(
  { writer }: RowLane,
  type: ServerType,
  { name, value, table }: { name: string; value: unknown; table: string },
): void {
  if (type.write(writer, value)) return;
  throw new MillraceError(
    "MLR_ROW_INVALID",
    `loading into table "${table}": ${shown(value)} cannot be stored in column "${name}"`,
  );
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
