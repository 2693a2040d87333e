import { type Clock, MillraceError } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import { type Role, suffices } from "../server/role.ts";
import { randomToken, tokenHash } from "./random-token.ts";

/** What every token begins with, so that scanners of leaked secrets and people know it. */
const TOKEN_PREFIX = "mlr_";
const SEEN_EVERY_MS = 60_000;
/** Tokens of one user that can be used. */
const PER_USER = 200;

/** What a token can read, where that is not everything. */
export interface TokenScope {
  readonly groups: readonly string[] | null;
  readonly pipelines: readonly string[] | null;
}

/** A token as others may see it. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  /** How it begins. */
  readonly hint: string;
  /** Name of whose it is. */
  readonly user: string;
  readonly role: Role;
  readonly scope: TokenScope | null;
  /** The streams that it pushes rows into, `*` for all: then it does nothing else. Null: it is no such token. */
  readonly streams: readonly string[] | null;
  readonly createdAt: string;
  /** Null: never. */
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedAddress: string | null;
  readonly revokedAt: string | null;
}

/** A token that was made. */
export interface MadeToken {
  readonly token: TokenRecord;
  /** What a program sends: it is not kept. */
  readonly secret: string;
}

/** A token that holds. */
export interface OpenToken {
  readonly id: string;
  readonly name: string;
  readonly userId: string;
  /** What its own role and that of its user allow, both of them. */
  readonly role: Role;
  readonly scope: TokenScope | null;
}

/** A new token. */
export interface TokenWish {
  readonly name: string;
  /** Id of whose it is. */
  readonly user: string;
  readonly role: Role;
  readonly groups?: readonly string[] | undefined;
  readonly pipelines?: readonly string[] | undefined;
  /** Makes it one that pushes rows into these streams, `*` for all, and does nothing else. */
  readonly streams?: readonly string[] | undefined;
  /** Null: it never expires. */
  readonly expiresAt: Date | null;
}

/** What programs sign in with. */
export class ApiTokens {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Makes a token. Fails with MLR_ARGUMENT_INVALID for one that is limited and may do more than look. */
  async create(wish: TokenWish): Promise<MadeToken> {
    const { groups = null, pipelines = null, streams = null } = wish;
    if (streams !== null && (groups !== null || pipelines !== null || wish.role !== "viewer")) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", "A token that pushes into streams does nothing else", {
        hint: "Make it without a role, groups and pipelines, and another one for what else the program does.",
      });
    }
    if ((groups !== null || pipelines !== null) && wish.role !== "viewer") {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `A token of groups or pipelines can only look, and this one would be ${wish.role}`,
        { hint: "Make it with the role viewer, or for everything." },
      );
    }
    await this.#checkCount(wish.user);
    const secret = `${TOKEN_PREFIX}${randomToken()}`;
    const id = newRunId(this.#clock);
    await this.#pool.query(
      `INSERT INTO millrace_control.api_tokens
         (id, name, token_hash, hint, user_id, role, groups, pipelines, streams, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        id,
        wish.name,
        tokenHash(secret),
        secret.slice(0, TOKEN_PREFIX.length + 6),
        wish.user,
        wish.role,
        groups,
        pipelines,
        streams,
        this.#now(),
        wish.expiresAt,
      ],
    );
    return { token: await this.get(id), secret };
  }

  /** Fails with MLR_TOKEN_NOT_FOUND. */
  async get(id: string): Promise<TokenRecord> {
    const { rows } = await this.#pool.query<TokenRow>(`${SELECT} WHERE token.id = $1`, [id]);
    return record(found(rows[0], id));
  }

  /** Newest first. @param user id of whose; default: of all */
  async list(options: {
    readonly limit: number;
    readonly after?: string | undefined;
    readonly user?: string | undefined;
  }): Promise<readonly TokenRecord[]> {
    const { rows } = await this.#pool.query<TokenRow>(
      `${SELECT} WHERE ($1::uuid IS NULL OR token.user_id = $1) AND ($2::uuid IS NULL OR token.id < $2)
       ORDER BY token.id DESC LIMIT $3`,
      [options.user ?? null, options.after ?? null, options.limit],
    );
    return rows.map(record);
  }

  /** Ends a token for ever; it stays in the list until it is pruned. Fails with MLR_TOKEN_NOT_FOUND. @param user only where it is theirs */
  async revoke(id: string, user?: string): Promise<TokenRecord> {
    const { rowCount } = await this.#pool.query(
      `UPDATE millrace_control.api_tokens SET revoked_at = coalesce(revoked_at, $3)
       WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)`,
      [id, user ?? null, this.#now()],
    );
    if (rowCount === 0) found(undefined, id);
    return this.get(id);
  }

  /** The token that a program sent; undefined where it does not hold, or its user may not sign in any more. */
  async find(secret: string, address: string): Promise<OpenToken | undefined> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<FoundRow>(FIND, [tokenHash(secret), new Date(now)]);
    const [row] = rows;
    if (row === undefined) return undefined;
    if (row.last_used_at === null || now - row.last_used_at.getTime() >= SEEN_EVERY_MS) {
      await this.#pool.query(
        "UPDATE millrace_control.api_tokens SET last_used_at = $2, last_used_address = $3 WHERE id = $1",
        [row.id, new Date(now), address],
      );
    }
    return {
      id: row.id,
      name: row.name,
      userId: row.user_id,
      role: suffices(row.user_role, row.role) ? row.role : row.user_role,
      scope: scopeOf(row),
    };
  }

  async #checkCount(user: string): Promise<void> {
    const { rows } = await this.#pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM millrace_control.api_tokens
       WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
      [user, this.#now()],
    );
    if ((rows[0]?.count ?? 0) < PER_USER) return;
    throw new MillraceError("MLR_ARGUMENT_INVALID", `A user has at most ${PER_USER} tokens`, {
      hint: "Revoke those that are not used any more.",
    });
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

interface ScopeRow {
  readonly groups: string[] | null;
  readonly pipelines: string[] | null;
}

interface TokenRow extends ScopeRow {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly user_name: string;
  readonly role: Role;
  readonly streams: string[] | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly last_used_address: string | null;
  readonly revoked_at: Date | null;
}

interface FoundRow extends ScopeRow {
  readonly id: string;
  readonly name: string;
  readonly user_id: string;
  readonly role: Role;
  readonly user_role: Role;
  readonly last_used_at: Date | null;
}

const SELECT = `
  SELECT token.id, token.name, hint, users.name AS user_name, token.role, groups, pipelines, streams, token.created_at, expires_at,
    last_used_at, last_used_address, revoked_at
  FROM millrace_control.api_tokens AS token JOIN millrace_control.users ON users.id = user_id`;

const FIND = `
  SELECT token.id, token.name, user_id, token.role, users.role AS user_role, groups, pipelines, last_used_at
  FROM millrace_control.api_tokens AS token JOIN millrace_control.users ON users.id = user_id
  WHERE token_hash = $1 AND streams IS NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2) AND disabled_at IS NULL`;

function scopeOf({ groups, pipelines }: ScopeRow): TokenScope | null {
  return groups === null && pipelines === null ? null : { groups, pipelines };
}

function record(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    user: row.user_name,
    role: row.role,
    scope: scopeOf(row),
    streams: row.streams,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    lastUsedAddress: row.last_used_address,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

function found<T>(row: T | undefined, id: string): T {
  if (row !== undefined) return row;
  throw new MillraceError("MLR_TOKEN_NOT_FOUND", `There is no token ${id}`, {
    hint: "`millrace token list` and the page Users list which there are.",
    details: { token: id },
  });
}
