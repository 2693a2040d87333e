import { type Clock, MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import type { Role } from "../server/role.ts";
import { inTransaction, type Queryable } from "./in-transaction.ts";
import { type UserRecord, userRecord, type UserRow } from "./user-record.ts";

/** $1: now. Sessions that were idle too long count as well; they are gone when they are used again, or pruned. */
const SELECT = `
  SELECT id, name, role, password_hash IS NOT NULL AS has_password, oidc_issuer, disabled_at, last_sign_in_at, created_at,
    created_by, (SELECT count(*)::int FROM millrace_control.sessions AS session
      WHERE session.user_id = users.id AND session.expires_at > $1) AS sessions,
    (SELECT count(*)::int FROM millrace_control.api_tokens AS token WHERE token.user_id = users.id
      AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > $1)) AS tokens
  FROM millrace_control.users`;

/** A new user. */
export interface NewUser {
  readonly name: string;
  readonly role: Role;
  /** Absent: they sign in by a link first. */
  readonly passwordHash?: string;
  /** Who signs them in, and the name it has for them. */
  readonly external?: { readonly issuer: string; readonly subject: string };
  /** Name of who adds them. */
  readonly by: string;
}

/** What an administrator changes of a user. */
export interface UserChange {
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/** The people who may sign in. */
export class Users {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** A page by name. @param after name of the last one before */
  async list(limit: number, after?: string): Promise<readonly UserRecord[]> {
    const { rows } = await this.#pool.query<UserRow>(
      `${SELECT} WHERE lower(name) > lower(coalesce($2::text, '')) ORDER BY lower(name) LIMIT $3`,
      [this.#now(), after ?? null, limit],
    );
    return rows.map(userRecord);
  }

  /** Fails with MLR_USER_NOT_FOUND. */
  async get(id: string): Promise<UserRecord> {
    const { rows } = await this.#pool.query<UserRow>(`${SELECT} WHERE id = $2`, [this.#now(), id]);
    return userRecord(found(rows[0], id));
  }

  /** The user of a name, in whatever case. Fails with MLR_USER_NOT_FOUND. */
  async named(name: string): Promise<UserRecord> {
    const { rows } = await this.#pool.query<UserRow>(`${SELECT} WHERE lower(name) = lower($2)`, [
      this.#now(),
      name.normalize("NFC"),
    ]);
    return userRecord(found(rows[0], name));
  }

  /** Who signs in with this name, and the hash of their password where they may sign in with one. */
  async signingIn(
    name: string,
  ): Promise<
    { readonly id: string; readonly name: string; readonly passwordHash: string | undefined } | undefined
  > {
    const { rows } = await this.#pool.query<{ id: string; name: string; password_hash: string | null }>(
      `SELECT id, name, CASE WHEN disabled_at IS NULL THEN password_hash END AS password_hash
       FROM millrace_control.users WHERE lower(name) = lower($1)`,
      [name.normalize("NFC")],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    return { id: row.id, name: row.name, passwordHash: row.password_hash ?? undefined };
  }

  /** The hash of a user's password; undefined where there is none. */
  async passwordHash(id: string): Promise<string | undefined> {
    const { rows } = await this.#pool.query<{ password_hash: string | null }>(
      "SELECT password_hash FROM millrace_control.users WHERE id = $1",
      [id],
    );
    return rows[0]?.password_hash ?? undefined;
  }

  /** Whether anybody may administer. While nobody may, the server is for this machine alone. */
  async haveAdministrator(): Promise<boolean> {
    return haveAdministrator(this.#pool);
  }

  /** The names of those who may administer. */
  async administrators(): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ name: string }>(
      `SELECT name FROM millrace_control.users WHERE role = 'admin' AND disabled_at IS NULL ORDER BY lower(name) LIMIT 20`,
    );
    return rows.map(({ name }) => name);
  }

  /** Adds a user. Fails with MLR_USER_EXISTS. */
  async add(user: NewUser): Promise<UserRecord> {
    const id = await insertUser(this.#pool, user, this.#clock);
    return this.get(id);
  }

  /**
   * Changes a role, or lets somebody in no more: then they are signed out everywhere. Fails with MLR_USER_NOT_FOUND, and
   * with MLR_USER_LAST_ADMIN where nobody would be left to administer.
   */
  async change(id: string, { role, disabled }: UserChange): Promise<UserRecord> {
    await inTransaction(this.#pool, async (client) => {
      await lockUsers(client);
      const { rows } = await client.query<{ role: Role; disabled_at: Date | null }>(
        "SELECT role, disabled_at FROM millrace_control.users WHERE id = $1",
        [id],
      );
      const before = found(rows[0], id);
      const off = disabled ?? before.disabled_at !== null;
      await client.query(
        `UPDATE millrace_control.users SET role = $2, updated_at = $4,
           disabled_at = CASE WHEN $3 THEN coalesce(disabled_at, $4) END WHERE id = $1`,
        [id, role ?? before.role, off, this.#now()],
      );
      if (off) await client.query("DELETE FROM millrace_control.sessions WHERE user_id = $1", [id]);
      if (before.role === "admin" && before.disabled_at === null) await keepAdministrator(client);
    });
    return this.get(id);
  }

  /** Removes a user with their sessions, tokens and links. Fails as `change`. */
  async remove(id: string): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      await lockUsers(client);
      const { rows } = await client.query<{ administers: boolean }>(
        `DELETE FROM millrace_control.users WHERE id = $1
         RETURNING role = 'admin' AND disabled_at IS NULL AS administers`,
        [id],
      );
      if (found(rows[0], id).administers) await keepAdministrator(client);
    });
  }

  /** Sets a password, and ends every session and link of the user: whoever had the old one is out. Fails with MLR_USER_NOT_FOUND. */
  async setPassword(id: string, passwordHash: string): Promise<void> {
    await inTransaction(this.#pool, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE millrace_control.users SET password_hash = $2, password_changed_at = $3, updated_at = $3
         WHERE id = $1 AND oidc_issuer IS NULL`,
        [id, passwordHash, this.#now()],
      );
      if (rowCount === 0) found(undefined, id);
      await client.query("DELETE FROM millrace_control.sessions WHERE user_id = $1", [id]);
      await client.query(
        "DELETE FROM millrace_control.sign_in_links WHERE user_id = $1 AND used_at IS NULL",
        [id],
      );
    });
  }

  /** Replaces the hash of a password by another hash of the same one, unless it was changed meanwhile. */
  async upgradeHash(id: string, before: string, after: string): Promise<void> {
    await this.#pool.query(
      "UPDATE millrace_control.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
      [id, before, after],
    );
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

/** Inserts a user and returns the id. Fails with MLR_USER_EXISTS. */
export async function insertUser(client: Queryable, user: NewUser, clock: Clock): Promise<string> {
  const id = newRunId(clock);
  const now = new Date(clock.now());
  const { rowCount } = await client.query(
    `INSERT INTO millrace_control.users
       (id, name, role, password_hash, password_changed_at, oidc_issuer, oidc_subject, created_at, created_by, updated_at)
     VALUES ($1, $2, $3, $4, CASE WHEN $4::text IS NOT NULL THEN $7::timestamptz END, $5, $6, $7, $8, $7)
     ON CONFLICT (lower(name)) DO NOTHING`,
    [
      id,
      user.name.normalize("NFC"),
      user.role,
      user.passwordHash ?? null,
      user.external?.issuer ?? null,
      user.external?.subject ?? null,
      now,
      user.by,
    ],
  );
  if (rowCount === 1) return id;
  throw new MillraceError("MLR_USER_EXISTS", `There is a user "${user.name}" already`, {
    hint: "Take another name; small and capital letters are the same.",
    details: { name: user.name },
  });
}

/** Lets nobody else change who administers until the transaction ends. Reading goes on. */
export async function lockUsers(client: Queryable): Promise<void> {
  await client.query("LOCK TABLE millrace_control.users IN SHARE ROW EXCLUSIVE MODE");
}

/** Whether there is a user who may administer. */
export async function haveAdministrator(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ have: boolean }>(
    "SELECT EXISTS (SELECT FROM millrace_control.users WHERE role = 'admin' AND disabled_at IS NULL) AS have",
  );
  return rows[0]?.have === true;
}

async function keepAdministrator(client: Queryable): Promise<void> {
  if (await haveAdministrator(client)) return;
  throw new MillraceError("MLR_USER_LAST_ADMIN", "Nobody would be left who may administer", {
    hint: "Give another user the role admin first.",
  });
}

function found<T>(row: T | undefined, which: string): T {
  if (row !== undefined) return row;
  throw new MillraceError("MLR_USER_NOT_FOUND", `There is no user "${which}"`, {
    hint: "`millrace user list` and the page Users list who there is.",
    details: { user: which },
  });
}
