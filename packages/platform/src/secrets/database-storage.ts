import type pg from "pg";
import { controlFailure } from "../store/control-connection.ts";
import type { SecretChange, SecretReading, SecretStorage } from "./secret-storage.ts";
import type { StoredKey } from "./stored-key.ts";
import type { StoredSecret } from "./stored-secret.ts";

/** Any fixed number: who changes secrets holds this advisory lock until the end of the transaction. */
const LOCK = 5_182_660_194_471_033n;

/** Keeps secrets in the control database. Fails with MLR_CONTROL_UNAVAILABLE. @param url for messages */
export function databaseStorage(pool: pg.Pool, url: string): SecretStorage {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw controlFailure(error, url);
    }
  };
  const reading = readingOf(pool);
  return {
    location: "the control database",
    keys: () => guarded(() => reading.keys()),
    secret: (name) => guarded(() => reading.secret(name)),
    secrets: () => guarded(() => reading.secrets()),
    change: (work) => guarded(() => inTransaction(pool, work)),
  };
}

async function inTransaction<T>(pool: pg.Pool, work: (change: SecretChange) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    const result = await work({ ...readingOf(client), ...writingOf(client) });
    await client.query("COMMIT");
    client.release();
    return result;
  } catch (error) {
    // Ends the session, and with it what was not committed.
    client.release(true);
    throw error;
  }
}

function readingOf(database: pg.Pool | pg.PoolClient): SecretReading {
  return {
    keys: async () => (await database.query<KeyRow>(KEYS)).rows.map(keyOf),
    secret: async (name) => {
      const [row] = (await database.query<SecretRow>(`${SECRETS} WHERE name = $1`, [name])).rows;
      return row === undefined ? undefined : secretOf(row);
    },
    secrets: async () =>
      (await database.query<SecretRow>(`${SECRETS} ORDER BY name COLLATE "C"`)).rows.map(secretOf),
  };
}

function writingOf(client: pg.PoolClient): Omit<SecretChange, keyof SecretReading> {
  return {
    notUnder: async (keyId, limit) => {
      const found = await client.query<SecretRow>(`${SECRETS} WHERE key_id <> $1 ORDER BY name LIMIT $2`, [
        keyId,
        limit,
      ]);
      return found.rows.map(secretOf);
    },
    putKey: async (key) => void (await client.query(PUT_KEY, keyValues(key))),
    removeUnusedKeys: async () => void (await client.query(REMOVE_UNUSED_KEYS)),
    putSecret: async (secret) => void (await client.query(PUT_SECRET, secretValues(secret))),
    removeSecret: async (name) =>
      (await client.query("DELETE FROM millrace_control.secrets WHERE name = $1", [name])).rowCount === 1,
  };
}

interface KeyRow extends Omit<StoredKey, "createdAt" | "createdBy"> {
  readonly created_at: Date;
  readonly created_by: string;
}

interface SecretRow extends Omit<
  StoredSecret,
  "keyId" | "createdAt" | "createdBy" | "updatedAt" | "updatedBy"
> {
  readonly key_id: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly updated_at: Date;
  readonly updated_by: string;
}

function keyOf({ created_at, created_by, ...same }: KeyRow): StoredKey {
  return { ...same, createdAt: created_at.toISOString(), createdBy: created_by };
}

function secretOf({
  key_id,
  created_at,
  created_by,
  updated_at,
  updated_by,
  ...same
}: SecretRow): StoredSecret {
  return {
    ...same,
    keyId: key_id,
    createdAt: created_at.toISOString(),
    createdBy: created_by,
    updatedAt: updated_at.toISOString(),
    updatedBy: updated_by,
  };
}

function keyValues(key: StoredKey): unknown[] {
  const { id, format, iterations, salt, nonce, ciphertext, tag, current, createdAt, createdBy } = key;
  return [id, format, iterations, salt, nonce, ciphertext, tag, current, createdAt, createdBy];
}

function secretValues(secret: StoredSecret): unknown[] {
  const { name, version, format, keyId, nonce, ciphertext, tag } = secret;
  const { createdAt, createdBy, updatedAt, updatedBy } = secret;
  return [name, version, format, keyId, nonce, ciphertext, tag, createdAt, createdBy, updatedAt, updatedBy];
}

const KEYS = "SELECT * FROM millrace_control.secret_keys ORDER BY created_at, id";
const SECRETS = "SELECT * FROM millrace_control.secrets";

const PUT_KEY = `
  INSERT INTO millrace_control.secret_keys
    (id, format, iterations, salt, nonce, ciphertext, tag, current, created_at, created_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  ON CONFLICT (id) DO UPDATE SET
    format = excluded.format, iterations = excluded.iterations, salt = excluded.salt, nonce = excluded.nonce,
    ciphertext = excluded.ciphertext, tag = excluded.tag, current = excluded.current`;

const REMOVE_UNUSED_KEYS = `
  DELETE FROM millrace_control.secret_keys AS key
  WHERE NOT key.current AND NOT EXISTS (SELECT FROM millrace_control.secrets WHERE key_id = key.id)`;

const PUT_SECRET = `
  INSERT INTO millrace_control.secrets
    (name, version, format, key_id, nonce, ciphertext, tag, created_at, created_by, updated_at, updated_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (name) DO UPDATE SET
    version = excluded.version, format = excluded.format, key_id = excluded.key_id, nonce = excluded.nonce,
    ciphertext = excluded.ciphertext, tag = excluded.tag, updated_at = excluded.updated_at,
    updated_by = excluded.updated_by`;
