import { type Clock, MillraceError, nearest } from "@millrace/core";
import type pg from "pg";
import { readFilter } from "../filter/read-filter.ts";
import { type DataPolicy, PUBLIC_ROLE, ROLE_NAME } from "./data-policy.ts";
import { EXPOSED_NAME, type Exposure } from "./exposure.ts";
import { Relation } from "./relation.ts";

/** A table to be exposed. What is left out is nothing, or null. */
export interface ExposureWish {
  readonly name: string;
  readonly namespace: string;
  readonly table: string;
  readonly columns?: readonly string[] | null | undefined;
  readonly relations?: readonly Relation[] | undefined;
  readonly description?: string | null | undefined;
  /** Who wishes it. */
  readonly by: string;
}

/** What a role is to see. */
export interface PolicyWish {
  readonly role: string;
  readonly table: string;
  readonly columns?: readonly string[] | null | undefined;
  /** A filter, checked by `readFilter`. */
  readonly rows?: unknown;
  readonly by: string;
}

/** Which tables the data API shows, and to which roles. */
export class Exposures {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** All of them by name. */
  async list(): Promise<readonly Exposure[]> {
    const { rows } = await this.#pool.query<ExposureRow>(
      `SELECT name, table_schema, table_name, columns, relations, description FROM millrace_control.data_tables ORDER BY name`,
    );
    return rows.map(exposure);
  }

  /** What all roles see, by table and role. */
  async policies(): Promise<readonly DataPolicy[]> {
    const { rows } = await this.#pool.query<PolicyRow>(
      `SELECT role, data_table, columns, row_filter FROM millrace_control.data_policies ORDER BY data_table, role`,
    );
    return rows.map(policy);
  }

  /** Exposes a table, or changes how. Nobody sees it before a role may. Fails with MLR_ARGUMENT_INVALID for a name that cannot be. */
  async put(wish: ExposureWish): Promise<Exposure> {
    checkName(wish.name, EXPOSED_NAME, "a table");
    const relations = readRelations(wish.relations ?? []);
    const now = new Date(this.#clock.now());
    await this.#pool.query(
      `INSERT INTO millrace_control.data_tables AS t
         (name, table_schema, table_name, columns, relations, description, created_at, created_by, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7)
       ON CONFLICT (name) DO UPDATE SET table_schema = $2, table_name = $3, columns = $4, relations = $5, description = $6, updated_at = $7`,
      [
        wish.name,
        wish.namespace,
        wish.table,
        wish.columns ?? null,
        JSON.stringify(relations),
        wish.description ?? null,
        now,
        wish.by,
      ],
    );
    return this.get(wish.name);
  }

  /** Fails with MLR_TABLE_NOT_FOUND. */
  async get(name: string): Promise<Exposure> {
    const all = await this.list();
    const found = all.find((each) => each.name === name);
    if (found !== undefined) return found;
    throw notExposed(
      name,
      all.map((each) => each.name),
    );
  }

  /** Hides a table from everybody. Fails with MLR_TABLE_NOT_FOUND. */
  async remove(name: string): Promise<void> {
    await this.get(name);
    await this.#pool.query("DELETE FROM millrace_control.data_tables WHERE name = $1", [name]);
  }

  /** Lets a role see an exposed table. Fails with MLR_TABLE_NOT_FOUND, or with MLR_ARGUMENT_INVALID for a role or filter that cannot be. */
  async allow(wish: PolicyWish): Promise<DataPolicy> {
    checkName(wish.role, ROLE_NAME, "a role");
    await this.get(wish.table);
    const rows = wish.rows === undefined || wish.rows === null ? null : readFilter(wish.rows, "rows");
    const now = new Date(this.#clock.now());
    await this.#pool.query(
      `INSERT INTO millrace_control.data_policies (role, data_table, columns, row_filter, created_at, created_by, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $5)
       ON CONFLICT (role, data_table) DO UPDATE SET columns = $3, row_filter = $4, updated_at = $5`,
      [
        wish.role,
        wish.table,
        wish.columns ?? null,
        rows === null ? null : JSON.stringify(rows),
        now,
        wish.by,
      ],
    );
    return { role: wish.role, table: wish.table, columns: wish.columns ?? null, rows };
  }

  /** Ends that a role sees a table. Whether it did. */
  async deny(role: string, table: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      "DELETE FROM millrace_control.data_policies WHERE role = $1 AND data_table = $2",
      [role, table],
    );
    return rowCount !== 0;
  }
}

/** The error of a table that is not exposed. @param names those that are, where that may be told */
export function notExposed(name: string, names: readonly string[]): MillraceError {
  const guess = nearest(name, names);
  return new MillraceError("MLR_TABLE_NOT_FOUND", `There is no table "${name}" in the data API`, {
    hint: guess === undefined ? "GET /data lists the tables that you can read." : `Did you mean "${guess}"?`,
    details: { table: name },
  });
}

interface ExposureRow {
  readonly name: string;
  readonly table_schema: string;
  readonly table_name: string;
  readonly columns: string[] | null;
  readonly relations: unknown;
  readonly description: string | null;
}

interface PolicyRow {
  readonly role: string;
  readonly data_table: string;
  readonly columns: string[] | null;
  readonly row_filter: unknown;
}

function exposure(row: ExposureRow): Exposure {
  return {
    name: row.name,
    namespace: row.table_schema,
    table: row.table_name,
    columns: row.columns,
    relations: readRelations(row.relations),
    description: row.description,
  };
}

function policy(row: PolicyRow): DataPolicy {
  return {
    role: row.role,
    table: row.data_table,
    columns: row.columns,
    rows: row.row_filter === null ? null : readFilter(row.row_filter, "rows"),
  };
}

function readRelations(json: unknown): readonly Relation[] {
  const read = Relation.array().max(100).safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `A relation is not valid: ${issue?.message ?? "unknown"}`,
      {
        hint: 'A relation is { "name": "customer", "table": "customers", "columns": [["customer_id", "id"]], "many": false }.',
      },
    );
  }
  const names = read.data.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return read.data;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Two relations are named "${twice}"`, {
    hint: "Give one of them another name.",
  });
}

function checkName(name: string, pattern: RegExp, what: string): void {
  if (pattern.test(name)) return;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${name}" cannot be the name of ${what} in the data API`, {
    hint: `It has letters, digits, _ and -, and begins with a letter; the role of who shows no key is "${PUBLIC_ROLE}".`,
  });
}
