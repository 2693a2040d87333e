import type pg from "pg";

/** An object of a storage, as the control database knows it. */
export interface StoredObjectRow {
  readonly id: string;
  readonly key: string;
  readonly kind: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
  readonly source?: string | undefined;
  readonly run?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly document?: string | undefined;
  /** ISO 8601. */
  readonly at: string;
}

/** What a look at a storage found. */
export interface StorageLook {
  readonly contents: number;
  readonly storedBytes: number;
  readonly quotaBytes: number | null;
  readonly dueObjects: number;
  readonly dueBytes: number;
  readonly heldObjects: number;
  readonly alarmed: boolean;
}

/** The objects of one storage in the control database: a copy of what its records tell. Methods fail as the database does. */
export class StoredObjects {
  readonly #pool: pg.Pool;
  readonly #place: string;

  /** @param place where the storage is */
  constructor(pool: pg.Pool, place: string) {
    this.#pool = pool;
    this.#place = place;
  }

  /** Ids that are known, in order. */
  async ids(): Promise<string[]> {
    const { rows } = await this.#pool.query<{ id: string }>(
      "SELECT id FROM millrace_control.stored_objects WHERE place = $1 ORDER BY id",
      [this.#place],
    );
    return rows.map(({ id }) => id);
  }

  /** Objects that are known, oldest first. */
  async all(): Promise<StoredObjectRow[]> {
    const { rows } = await this.#pool.query<StoredObjectRow>(ALL, [this.#place]);
    return rows;
  }

  /** Adds objects; those that are known stay as they are. */
  async put(objects: readonly StoredObjectRow[]): Promise<void> {
    await this.#pool.query(PUT, [this.#place, JSON.stringify(objects)]);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#pool.query("DELETE FROM millrace_control.stored_objects WHERE place = $1 AND id = ANY($2)", [
      this.#place,
      ids,
    ]);
  }

  /** Keeps what was found. Gives whether people had been told of the quota before. */
  async look(look: StorageLook): Promise<boolean> {
    const { rows } = await this.#pool.query<{ before: boolean | null }>(LOOK, [
      this.#place,
      look.contents,
      look.storedBytes,
      look.quotaBytes,
      look.dueObjects,
      look.dueBytes,
      look.heldObjects,
      look.alarmed,
    ]);
    return rows[0]?.before === true;
  }
}

const ALL = `
  SELECT id, key, kind, encode(sha256, 'hex') AS sha256, bytes::float8 AS bytes, source, run, pipeline, document,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
  FROM millrace_control.stored_objects WHERE place = $1 ORDER BY id`;

const PUT = `
  INSERT INTO millrace_control.stored_objects (place, id, key, kind, sha256, bytes, source, run, pipeline, document, at)
  SELECT $1, id, key, kind, decode(sha256, 'hex'), bytes, source, run, pipeline, document, at
  FROM jsonb_to_recordset($2::jsonb) AS given (id text, key text, kind text, sha256 text, bytes bigint, source text, run text,
    pipeline text, document text, at timestamptz)
  ON CONFLICT (place, id) DO NOTHING`;

const LOOK = `
  WITH known AS (SELECT alarmed FROM millrace_control.storage_places WHERE place = $1), kept AS (
    INSERT INTO millrace_control.storage_places
      (place, contents, stored_bytes, quota_bytes, due_objects, due_bytes, held_objects, alarmed, looked_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp())
    ON CONFLICT (place) DO UPDATE SET contents = excluded.contents, stored_bytes = excluded.stored_bytes,
      quota_bytes = excluded.quota_bytes, due_objects = excluded.due_objects, due_bytes = excluded.due_bytes,
      held_objects = excluded.held_objects, alarmed = excluded.alarmed, looked_at = excluded.looked_at
    RETURNING 1)
  SELECT (SELECT alarmed FROM known) AS before FROM kept`;
