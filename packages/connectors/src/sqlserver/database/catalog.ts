import { MillraceError, type DatabaseTable } from "@millrace/core";
import { answerBatches } from "../connection/answer-batches.ts";
import type { Connection } from "../connection/connection.ts";
import { catalogColumns, keysStatement, type Asks, type CatalogColumn } from "../dialect/describe.ts";
import { declaredType, readableType } from "../dialect/sql-types.ts";
import type { QualifiedName } from "../../shared/relational/index.ts";

/** A table by its name, in the login's own schema where it says none. */
export interface NamedTable {
  readonly name: string;
  readonly namespace: string | undefined;
}

/** A column that rows can be loaded into. */
export interface LoadColumn {
  readonly name: string;
  readonly sqlType: string;
  /** The server fills it: computed, IDENTITY, rowversion. */
  readonly generated: boolean;
}

/** The columns and key of a table or view; undefined where there is none of that name. */
export async function describeTable(
  connection: Connection,
  table: NamedTable,
): Promise<DatabaseTable | undefined> {
  const asks = asksOn(connection);
  const place = await placed(asks, table);
  const found = await catalogColumns(asks, place);
  if (found === undefined || found.kind === "other") return undefined;
  const keys = await asks.query(keysStatement(place));
  return {
    columns: found.columns.map((column) => ({
      name: column.column,
      type: readableType(column),
      ...(column.nullable ? {} : { nullable: false }),
    })),
    key: keys
      .filter(({ is_primary_key }) => is_primary_key === true)
      .map(({ column_name }) => column_name as string),
  };
}

/** The columns of a table that is to be loaded, and its place. Fails with MLR_DATABASE_FAILED where there is none. */
export async function loadColumns(
  connection: Connection,
  table: NamedTable,
): Promise<{ readonly place: QualifiedName; readonly columns: readonly LoadColumn[] }> {
  const asks = asksOn(connection);
  const place = await placed(asks, table);
  const found = await catalogColumns(asks, place);
  if (found === undefined) {
    throw new MillraceError(
      "MLR_DATABASE_FAILED",
      `${connection.location} has no table "${place.namespace}"."${place.name}" to load`,
      { hint: "Check its name and schema, and that the user may see it." },
    );
  }
  return { place, columns: found.columns.map(loadColumn) };
}

function loadColumn(column: CatalogColumn): LoadColumn {
  return { name: column.column, sqlType: declaredType(column), generated: column.generated };
}

async function placed(asks: Asks, { name, namespace }: NamedTable): Promise<QualifiedName> {
  if (namespace !== undefined) return { name, namespace };
  const [row] = await asks.query("SELECT SCHEMA_NAME() AS name");
  return { name, namespace: (row?.["name"] as string | null | undefined) ?? "dbo" };
}

function asksOn(connection: Connection): Asks {
  return {
    query: async (text) => {
      const rows: Record<string, unknown>[] = [];
      const answer = answerBatches(connection, { text, doing: "looking at a table", batchRows: 1000 });
      for await (const batch of answer) rows.push(...batch.rows);
      return rows;
    },
  };
}
