import type { Database } from "../../database/database.ts";
import type { ScalarKind } from "../../schema/column-type.ts";
import type { TestTools } from "../contract/tools.ts";

/** One connected database, for one test. */
export interface DatabaseHarness {
  /** Closed by the contract. */
  readonly database: Database;
  /** Closes what `create` opened besides. */
  close?(): Promise<void>;
}

/** What the contract needs to know of the database's SQL. */
export interface DatabaseSql {
  /** Type → how a nullable column of it is declared, such as `numeric(38,9)`. A type left out is one that the database does not have. */
  readonly types: Readonly<Partial<Record<ScalarKind, string>>>;
  /** Types that come back as another one: `boolean` as `smallint`, `uuid` as `text`. Default: none. */
  readonly comesBackAs?: Readonly<Partial<Record<ScalarKind, ScalarKind>>>;
  /** What stands behind the columns in CREATE TABLE, such as `ENGINE = MergeTree ORDER BY tuple()`. Default: nothing. */
  readonly tableSuffix?: string;
  /** A statement that answers the whole numbers from 1 to `rows` as `n`, in order, without making them all first. */
  series(rows: number): string;
  /** Statements that create the procedure `contract_double`: given a whole number it answers one row with `doubled`. Absent: no procedures. */
  readonly procedure?: readonly string[];
}

/** What is to be tested, and with what. */
export interface DatabaseContractOptions extends TestTools {
  /** For the titles. */
  readonly name: string;
  /** A connected database that has none of the tables that begin with `contract_`; called once per test. */
  create(): Promise<DatabaseHarness>;
  /** What its SQL looks like. */
  readonly sql: DatabaseSql;
  /** Features that the database does not have; it has to say so with MLR_DATABASE_UNSUPPORTED. Default: none. */
  readonly lacks?: readonly ("transactions" | "identity" | "foreign keys" | "unique" | "deadlocks")[];
  /** Connecting to a port where nobody answers, with the password `contract-secret`. */
  unreachable(): Promise<Database>;
  /** Connecting with the wrong password `contract-secret`. Absent: not tested. */
  denied?(): Promise<Database>;
}

/** Registers a test with a database of its own. */
export type DatabaseCheck = (title: string, body: (database: Database) => Promise<void>) => void;

/** A CREATE TABLE statement for a table of the test. */
export function createTable(
  { sql }: DatabaseContractOptions,
  database: Database,
  table: { readonly name: string; readonly columns: Readonly<Record<string, string>> },
): string {
  const columns = Object.entries(table.columns).map(([name, type]) => `${database.quote(name)} ${type}`);
  return `CREATE TABLE ${database.quote(table.name)} (${columns.join(", ")}) ${sql.tableSuffix ?? ""}`;
}

/** The declared type of `kind`. Every database has the kinds that are asked for by this. */
export function typeOf({ sql, name }: DatabaseContractOptions, kind: "integer" | "text"): string {
  const type = sql.types[kind];
  if (type === undefined) throw new Error(`${name}: the contract needs a type for ${kind}`);
  return type;
}

/** What a promise was rejected with; fails where it was not. */
export async function rejection(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error(`it did not fail, but gave ${String(value)}`);
}
