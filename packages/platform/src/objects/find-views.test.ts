import type { Database, Row, TouchedObject } from "@millrace/core";
import { expect, test } from "vitest";
import { findViews } from "./find-views.ts";

/** A database whose catalog answers with these rows; it keeps what it was asked. */
function catalog(kind: string, rows: readonly Row[]): { database: Database; asked: string[] } {
  const asked: string[] = [];
  const query = (text: string): Promise<readonly Row[]> => {
    asked.push(text);
    return Promise.resolve(rows);
  };
  return { database: { kind, query } as unknown as Database, asked };
}
const table = (name: string, namespace?: string): TouchedObject => ({
  database: "crm",
  kind: "table",
  ...(namespace === undefined ? {} : { namespace }),
  name,
  use: "read",
});

test("a name is a view in its schema; without one, where everything of that name is", async () => {
  const { database, asked } = catalog("mariadb", [
    { s: "shop", n: "Open_Orders", t: "VIEW" },
    { s: "shop", n: "both", t: "VIEW" },
    { s: "crm", n: "both", t: "BASE TABLE" },
  ]);
  const found = await findViews(database, [
    table("open_orders"),
    table("both"),
    table("both", "shop"),
    table("both", "crm"),
    table("gone"),
  ]);
  expect(found).toEqual([
    { ...table("open_orders"), kind: "view" },
    { ...table("both", "shop"), kind: "view" },
  ]);
  expect(asked[0]).toContain("in ('open_orders', 'both', 'gone')");
});

test("SQL Server is asked in upper case, and names that could end the text are not asked for", async () => {
  const { database, asked } = catalog("sqlserver", [{ S: "dbo", N: "v", T: "VIEW" }]);
  expect(await findViews(database, [table("v", "db.dbo"), table("x'; drop table y --")])).toEqual([
    { ...table("v", "db.dbo"), kind: "view" },
  ]);
  expect(asked).toEqual([
    "SELECT TABLE_SCHEMA AS S, TABLE_NAME AS N, TABLE_TYPE AS T FROM INFORMATION_SCHEMA.TABLES WHERE LOWER(TABLE_NAME) IN ('v')",
  ]);
  expect(await findViews(database, [table("it's")])).toEqual([]);
  expect(asked).toHaveLength(1);
});
