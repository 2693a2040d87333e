import { type BrowsedPage, type BrowseQuery, type Json, MillraceError } from "@millrace/core";
import type { ClientBase } from "pg";
import { checkBrowseQuery } from "../../../shared/browse/check-query.ts";
import { cursorShape, readCursor, writeCursor } from "../../../shared/browse/cursor.ts";
import { estimateRows } from "./estimate.ts";
import { orderOf, pageSql, typeText } from "./page-sql.ts";
import { relationOf, type Relation } from "./relation.ts";
import { valueReader } from "./value-reader.ts";

/** Milliseconds that one page may take. */
const TIMEOUT_MS = 20_000;

/** Reads one page in a transaction that cannot write. Fails as `Inspector.browse` says. */
export async function browseTable(
  client: ClientBase,
  table: string,
  query: BrowseQuery,
): Promise<BrowsedPage> {
  await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${TIMEOUT_MS}`);
  try {
    const page = await readPage(client, table, query);
    await client.query("COMMIT");
    return page;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw explain(error, table);
  }
}

async function readPage(client: ClientBase, table: string, query: BrowseQuery): Promise<BrowsedPage> {
  const relation = await relationOf(client, table, query.of);
  if (relation === undefined) return { columns: [], rows: [], estimatedRows: 0 };
  const names = relation.columns.map(({ name }) => name);
  checkBrowseQuery(table, names, query);
  const shape = cursorShape(table, query);
  const { by } = orderOf(relation, query);
  const after = query.after === undefined ? undefined : readCursor(query.after, shape, by.length);
  const estimatedRows = after === undefined ? await estimateRows(client, relation) : undefined;
  const { text, values } = pageSql(relation, query, after);
  const { rows } = await client.query<(string | null)[]>({ text, values: [...values], rowMode: "array" });
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return {
    columns: relation.columns.map((column) => ({
      name: column.name,
      type: typeText(column),
      key: relation.key.includes(column.name),
      own: isOwn(column.name, query.of),
    })),
    rows: readValues(relation, rows.slice(0, query.limit)),
    ...(last === undefined ? {} : { next: writeCursor(shape, last.slice(names.length)) }),
    ...(estimatedRows === undefined ? {} : { estimatedRows }),
  };
}

function readValues(relation: Relation, rows: readonly (readonly (string | null)[])[]): Json[][] {
  const readers = relation.columns.map(({ type }) => valueReader(type));
  return rows.map((row) =>
    readers.map((read, index) => {
      const text = row[index] ?? null;
      return text === null ? null : read(text);
    }),
  );
}

const OWN = /^_(row_hash|run_id|loaded_at|snapshot|version|operation|changed|archived_at|archived_run)$/;

function isOwn(name: string, of: BrowseQuery["of"]): boolean {
  return of === "quarantine" || OWN.test(name);
}

/** What the server says of a query that was asked for wrongly is for who asked. */
export function explain(error: unknown, table: string): unknown {
  if (error instanceof MillraceError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "57014") {
    return new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `reading table "${table}" took longer than ${TIMEOUT_MS / 1000} s`,
      { hint: "Narrow it by conditions on the key, or sort by the key.", cause: error },
    );
  }
  // 22: no value of the type; 42883: the type has no such comparison.
  if (!code.startsWith("22") && code !== "42883") return error;
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `a condition does not fit its column of table "${table}": ${(error as Error).message}`,
    {
      hint: "Values have to be of the column's type; only `=`, `contains` and `null` fit every type.",
      cause: error,
    },
  );
}
