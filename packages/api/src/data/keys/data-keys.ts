import { type Clock, MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import { randomToken, tokenHash } from "../../auth/random-token.ts";
import { PUBLIC_ROLE, ROLE_NAME } from "../exposure/data-policy.ts";

/** Begins every key, so that scanners find those that got out. */
export const KEY_PREFIX = "mlrd_";
/** Milliseconds between two notes of when a key was used. */
const SEEN_EVERY_MS = 60_000;

/** A key, without what it opens with. */
export interface DataKeyRecord {
  readonly id: string;
  readonly name: string;
  /** How it begins. */
  readonly hint: string;
  readonly role: string;
  /** Requests in a minute; null: as the setting says. */
  readonly rate: number | null;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Null: never. */
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedAddress: string | null;
  readonly revokedAt: string | null;
}

/** A new key. */
export interface DataKeyWish {
  readonly name: string;
  readonly role: string;
  readonly rate?: number | null | undefined;
  /** Null: it never expires. */
  readonly expiresAt: Date | null;
  readonly by: string;
}

/** A key that holds. */
export interface OpenDataKey {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly rate: number | null;
  /** Milliseconds since 1970; null: never. */
  readonly expiresAt: number | null;
}

/** What programs show to the data API. The database keeps a hash of each. */
export class DataKeys {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Makes a key; `secret` is what programs send, and is not kept. Fails with MLR_ARGUMENT_INVALID for a role that cannot have one. */
  async create(wish: DataKeyWish): Promise<{ readonly key: DataKeyRecord; readonly secret: string }> {
    if (!ROLE_NAME.test(wish.role) || wish.role === PUBLIC_ROLE) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `A key cannot have the role "${wish.role}"`, {
        hint: `"${PUBLIC_ROLE}" is the role of who shows no key. A role has letters, digits, _ and -, and begins with a letter.`,
      });
    }
    if (wish.name.trim() === "" || wish.name.length > 200) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", "A key needs a name of at most 200 characters", {
        hint: "Name the program that uses it.",
      });
    }
    const secret = `${KEY_PREFIX}${randomToken()}`;
    const id = newRunId(this.#clock);
    await this.#pool.query(
      `INSERT INTO millrace_control.data_keys (id, name, key_hash, hint, role, rate, created_at, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        id,
        wish.name,
        tokenHash(secret),
        secret.slice(0, KEY_PREFIX.length + 6),
        wish.role,
        wish.rate ?? null,
        this.#now(),
        wish.by,
        wish.expiresAt,
      ],
    );
    return { key: await this.get(id), secret };
  }

  /** Newest first, at most 1,000. */
  async list(): Promise<readonly DataKeyRecord[]> {
    const { rows } = await this.#pool.query<KeyRow>(`${SELECT} ORDER BY id DESC LIMIT 1000`);
    return rows.map(record);
  }

  /** Fails with MLR_TOKEN_NOT_FOUND. */
  async get(id: string): Promise<DataKeyRecord> {
    const { rows } = await this.#pool.query<KeyRow>(`${SELECT} WHERE id::text = $1`, [id]);
    if (rows[0] !== undefined) return record(rows[0]);
    throw new MillraceError("MLR_TOKEN_NOT_FOUND", `There is no key ${id} of the data API`, {
      hint: "`millrace data key list` lists them.",
      details: { key: id },
    });
  }

  /** Ends a key for ever. Fails with MLR_TOKEN_NOT_FOUND. */
  async revoke(id: string): Promise<DataKeyRecord> {
    await this.#pool.query(
      "UPDATE millrace_control.data_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id::text = $1",
      [id, this.#now()],
    );
    return this.get(id);
  }

  /** The key that a program showed; undefined where it does not hold. */
  async find(secret: string, address: string): Promise<OpenDataKey | undefined> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<FoundRow>(
      `SELECT id, name, role, rate, expires_at, last_used_at FROM millrace_control.data_keys
       WHERE key_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
      [tokenHash(secret), new Date(now)],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    if (row.last_used_at === null || now - row.last_used_at.getTime() >= SEEN_EVERY_MS) {
      await this.#pool.query(
        "UPDATE millrace_control.data_keys SET last_used_at = $2, last_used_address = $3 WHERE id = $1",
        [row.id, new Date(now), address],
      );
    }
    const { id, name, role, rate } = row;
    return { id, name, role, rate, expiresAt: row.expires_at?.getTime() ?? null };
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

interface FoundRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly rate: number | null;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}

interface KeyRow extends FoundRow {
  readonly hint: string;
  readonly created_at: Date;
  readonly created_by: string;
  readonly last_used_address: string | null;
  readonly revoked_at: Date | null;
}

const SELECT = `SELECT id, name, hint, role, rate, created_at, created_by, expires_at, last_used_at, last_used_address, revoked_at
  FROM millrace_control.data_keys`;

function record(row: KeyRow): DataKeyRecord {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    role: row.role,
    rate: row.rate,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastUsedAddress: row.last_used_address,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
