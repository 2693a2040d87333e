import type { Clock } from "@millrace/core";
import { newRunId } from "@millrace/platform";
import type pg from "pg";
import type { Role } from "../server/role.ts";
import type { Queryable } from "./in-transaction.ts";
import { randomToken, tokenHash } from "./random-token.ts";

/** How somebody signed in. */
export type SignInWay = "password" | "link" | "oidc";

/** How long sessions last, in milliseconds. */
export interface SessionLimits {
  /** Without a request. Default 12 hours. */
  readonly idleMs: number;
  /** However much they are used. Default 7 days. */
  readonly absoluteMs: number;
}

const SESSION_LIMITS: SessionLimits = { idleMs: 12 * 3_600_000, absoluteMs: 7 * 86_400_000 };

/** How exactly it is known when a session was used: one write a minute, not one a request. */
const SEEN_EVERY_MS = 60_000;
/** Sessions of one user; the oldest end. */
const PER_USER = 50;

/** A session that holds, with whose it is. */
export interface OpenSession {
  readonly id: string;
  readonly via: SignInWay;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
    readonly hasPassword: boolean;
    readonly external: boolean;
  };
}

/** A session as its user sees it. */
export interface SessionRecord {
  readonly id: string;
  readonly via: SignInWay;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly expiresAt: string;
  readonly address: string | null;
  readonly userAgent: string | null;
}

/** From where somebody signs in. */
export interface SignInPlace {
  readonly address: string;
  readonly userAgent: string | undefined;
}

/** Sessions of people at a browser. */
export class Sessions {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;

  constructor(pool: pg.Pool, clock: Clock, limits: SessionLimits = SESSION_LIMITS) {
    this.#pool = pool;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Longest life of a session, in milliseconds. */
  get absoluteMs(): number {
    return this.#limits.absoluteMs;
  }

  /**
   * Begins a session with a token that nobody has seen before: what a browser sent until then counts for nothing, and the
   * session it named, if any, ends. Returns the token.
   */
  async begin(
    user: string,
    via: SignInWay,
    place: SignInPlace,
    options: { readonly replaces?: string | undefined; readonly client?: Queryable } = {},
  ): Promise<string> {
    const token = randomToken();
    const now = this.#clock.now();
    const client = options.client ?? this.#pool;
    if (options.replaces !== undefined) {
      await client.query("DELETE FROM millrace_control.sessions WHERE token_hash = $1", [
        tokenHash(options.replaces),
      ]);
    }
    await client.query(
      `WITH one_too_many AS (
         DELETE FROM millrace_control.sessions WHERE id IN (
           SELECT id FROM millrace_control.sessions WHERE user_id = $3 ORDER BY id DESC OFFSET ${PER_USER - 1})
       ), seen AS (UPDATE millrace_control.users SET last_sign_in_at = $5 WHERE id = $3)
       INSERT INTO millrace_control.sessions
         (id, token_hash, user_id, via, created_at, last_seen_at, expires_at, address, user_agent)
       VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)`,
      [
        newRunId(this.#clock),
        tokenHash(token),
        user,
        via,
        new Date(now),
        new Date(now + this.#limits.absoluteMs),
        place.address,
        place.userAgent?.slice(0, 300) ?? null,
      ],
    );
    return token;
  }

  /** The session of a token; undefined where it has ended, or its user may not sign in any more. */
  async find(token: string): Promise<OpenSession | undefined> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<FoundRow>(FIND, [
      tokenHash(token),
      new Date(now),
      new Date(now - this.#limits.idleMs),
    ]);
    const [row] = rows;
    if (row === undefined) return undefined;
    if (now - row.last_seen_at.getTime() >= SEEN_EVERY_MS) {
      await this.#pool.query("UPDATE millrace_control.sessions SET last_seen_at = $2 WHERE id = $1", [
        row.id,
        new Date(now),
      ]);
    }
    return {
      id: row.id,
      via: row.via,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      user: {
        id: row.user_id,
        name: row.name,
        role: row.role,
        hasPassword: row.has_password,
        external: row.external,
      },
    };
  }

  /** The open sessions of a user, newest first. */
  async list(user: string): Promise<readonly SessionRecord[]> {
    const now = this.#clock.now();
    const { rows } = await this.#pool.query<ListedRow>(
      `SELECT id, via, created_at, last_seen_at, expires_at, address, user_agent FROM millrace_control.sessions
       WHERE user_id = $1 AND expires_at > $2 AND last_seen_at > $3 ORDER BY id DESC LIMIT ${PER_USER}`,
      [user, new Date(now), new Date(now - this.#limits.idleMs)],
    );
    return rows.map((row) => ({
      id: row.id,
      via: row.via,
      createdAt: row.created_at.toISOString(),
      lastSeenAt: row.last_seen_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
      address: row.address,
      userAgent: row.user_agent,
    }));
  }

  /** Ends one session of a user, or all. Returns how many there were. */
  async end(user: string, session?: string): Promise<number> {
    const { rowCount } = await this.#pool.query(
      "DELETE FROM millrace_control.sessions WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2)",
      [user, session ?? null],
    );
    return rowCount ?? 0;
  }
}

interface FoundRow {
  readonly id: string;
  readonly via: SignInWay;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly user_id: string;
  readonly name: string;
  readonly role: Role;
  readonly has_password: boolean;
  readonly external: boolean;
}

interface ListedRow {
  readonly id: string;
  readonly via: SignInWay;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly address: string | null;
  readonly user_agent: string | null;
}

const FIND = `
  SELECT session.id, via, session.created_at, last_seen_at, expires_at, user_id, name, role,
    password_hash IS NOT NULL AS has_password, oidc_issuer IS NOT NULL AS external
  FROM millrace_control.sessions AS session JOIN millrace_control.users ON users.id = user_id
  WHERE token_hash = $1 AND expires_at > $2 AND last_seen_at > $3 AND disabled_at IS NULL`;
