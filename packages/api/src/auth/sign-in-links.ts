import { type Clock, MillraceError } from "@millrace/core";
import type pg from "pg";
import { inTransaction, type Queryable } from "./in-transaction.ts";
import { randomToken, tokenHash } from "./random-token.ts";
import { haveAdministrator, insertUser, lockUsers } from "./users.ts";

/** How long a link holds, in milliseconds, where nothing else is asked for. */
export const LINK_MS = 15 * 60_000;
/** Name of the first administrator, who may make others. */
const FIRST_NAME = "admin";

/** A link that signs somebody in once. */
export interface SignInLink {
  readonly token: string;
  /** Of the page, from the dashboard's address on. What follows `#` is sent to no server, and stands in no log. */
  readonly path: string;
  readonly expiresAt: Date;
}

/** Links that sign somebody in once: the first administrator, new users, and those who forgot their password. */
export class SignInLinks {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * Makes a link.
   * @param options.user id of whom it signs in; absent: it makes the first administrator, and holds only while there is none
   */
  async create(options: {
    readonly user?: string;
    readonly by: string;
    readonly validMs?: number;
  }): Promise<SignInLink> {
    const token = randomToken();
    const now = this.#clock.now();
    const expiresAt = new Date(now + (options.validMs ?? LINK_MS));
    await this.#pool.query(
      `INSERT INTO millrace_control.sign_in_links (token_hash, user_id, created_at, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5)`,
      [tokenHash(token), options.user ?? null, new Date(now), options.by, expiresAt],
    );
    return { token, path: `/sign-in#${token}`, expiresAt };
  }

  /**
   * Uses a link up. Returns the id of whom it signs in: the first administrator is made now. Fails with MLR_SIGN_IN_FAILED
   * where it was used, has expired, or never was.
   */
  async use(token: string): Promise<string> {
    return inTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<{ user_id: string | null }>(
        `UPDATE millrace_control.sign_in_links AS link SET used_at = $2
         WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 AND NOT EXISTS (
           SELECT FROM millrace_control.users WHERE users.id = link.user_id AND disabled_at IS NOT NULL)
         RETURNING user_id`,
        [tokenHash(token), new Date(this.#clock.now())],
      );
      const [row] = rows;
      if (row === undefined) throw refused();
      return row.user_id ?? (await this.#firstAdministrator(client));
    });
  }

  async #firstAdministrator(client: Queryable): Promise<string> {
    await lockUsers(client);
    if (await haveAdministrator(client)) throw refused();
    const { rows } = await client.query<{ name: string }>(
      "SELECT lower(name) AS name FROM millrace_control.users WHERE lower(name) LIKE $1",
      [`${FIRST_NAME}%`],
    );
    const taken = new Set(rows.map(({ name }) => name));
    let name = FIRST_NAME;
    for (let count = 2; taken.has(name); count += 1) name = `${FIRST_NAME}${count}`;
    return insertUser(client, { name, role: "admin", by: "first start" }, this.#clock);
  }
}

function refused(): MillraceError {
  return new MillraceError("MLR_SIGN_IN_FAILED", "This link was used already, has expired, or is not whole", {
    hint: "A link signs in once, within minutes. `millrace user link` prints a new one; an administrator can make one too.",
  });
}
