import { hash } from "node:crypto";
import { type Clock, MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";

/** What can be kept: a query of GraphQL, a filter of a table, a statement of the console. */
export type SavedKind = "graphql" | "filter" | "sql";

/** What somebody keeps. */
export interface SavedBody {
  readonly id: string;
  readonly kind: SavedKind;
  readonly name: string;
  /** Of a filter: the table that it is of. */
  readonly table: string | null;
  readonly body: string;
  /** In hexadecimal digits: by which programs name a query of GraphQL. */
  readonly sha256: string;
  readonly createdAt: string;
  readonly createdBy: string;
}

interface Row {
  readonly id: string;
  readonly kind: SavedKind;
  readonly name: string;
  readonly data_table: string | null;
  readonly body: string;
  readonly sha256: string;
  readonly created_at: Date;
  readonly created_by: string;
}

const COLUMNS =
  "id, kind, name, data_table, body, encode(body_hash, 'hex') AS sha256, created_at, created_by";

/** Keeps queries, filters and statements by name. */
export class SavedBodies {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** By kind and name, at most 1,000. */
  async list(): Promise<readonly SavedBody[]> {
    const { rows } = await this.#pool.query<Row>(
      `SELECT ${COLUMNS} FROM millrace_control.data_saved ORDER BY kind, name LIMIT 1000`,
    );
    return rows.map(saved);
  }

  /** Keeps a body under a name, in place of what had this name. */
  async put(
    wish: Pick<SavedBody, "kind" | "name" | "table" | "body"> & { readonly by: string },
  ): Promise<SavedBody> {
    const { kind, name, table, body, by } = wish;
    const { rows } = await this.#pool.query<Row>(
      `INSERT INTO millrace_control.data_saved (id, kind, name, data_table, body, body_hash, created_at, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (kind, name) DO UPDATE SET data_table = excluded.data_table, body = excluded.body,
         body_hash = excluded.body_hash, created_at = excluded.created_at, created_by = excluded.created_by
       RETURNING ${COLUMNS}`,
      [
        newRunId(this.#clock),
        kind,
        name,
        table,
        body,
        hash("sha256", body, "buffer"),
        new Date(this.#clock.now()),
        by,
      ],
    );
    // An insert that may not end otherwise returns its row.
    return saved(rows[0] as Row);
  }

  /** Fails with MLR_ARGUMENT_INVALID where there is none of this id. */
  async remove(id: string): Promise<void> {
    const { rowCount } = await this.#pool.query(
      "DELETE FROM millrace_control.data_saved WHERE id::text = $1",
      [id],
    );
    if (rowCount === 0)
      throw new MillraceError("MLR_ARGUMENT_INVALID", `Nothing is kept under the id ${id}`, {
        details: { id },
      });
  }

  /** The query of GraphQL with this SHA-256; undefined where none is kept. */
  async find(sha256: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ body: string }>(
      "SELECT body FROM millrace_control.data_saved WHERE kind = 'graphql' AND body_hash = decode($1, 'hex') LIMIT 1",
      [sha256],
    );
    return rows[0]?.body;
  }
}

function saved(row: Row): SavedBody {
  const { id, kind, name, body, sha256 } = row;
  return {
    ...{ id, kind, name, body, sha256 },
    table: row.data_table,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  };
}
