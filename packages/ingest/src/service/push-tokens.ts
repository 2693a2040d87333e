import { type Clock, MillraceError } from "@millrace/core";
import { controlFailure } from "@millrace/platform";
import { hash } from "node:crypto";
import type pg from "pg";

/** A token that may push. */
export interface PushToken {
  readonly id: string;
  readonly name: string;
  /** Streams that it may push into; `*`: all. */
  readonly streams: readonly string[];
}

/** Milliseconds for which a token is believed: so long a revoked one may still push. */
const FRESH_MS = 2_000;
const SEEN_EVERY_MS = 60_000;
/** Tokens, also wrong ones, that are remembered. */
const MOST = 10_000;

interface Known {
  readonly at: number;
  readonly token: Promise<PushToken | undefined>;
}

/** Tells who pushes by `Authorization: Bearer mlr_…`. */
export class PushTokens {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Whose a request is. Fails with MLR_SIGN_IN_REQUIRED, or MLR_CONTROL_UNAVAILABLE. */
  async of(authorization: string | null | undefined, address: string): Promise<PushToken> {
    const secret = /^Bearer +(\S{1,200})$/i.exec(authorization ?? "")?.[1];
    const token = secret === undefined ? undefined : await this.#find(secret, address);
    if (token !== undefined) return token;
    const message =
      secret === undefined
        ? "This needs a token"
        : "The token does not exist, has expired, was revoked, or may not push";
    throw new MillraceError("MLR_SIGN_IN_REQUIRED", message, {
      hint: "Make one with `millrace token create <name> --stream <stream>`, and send it as Authorization: Bearer.",
    });
  }

  /** Fails with MLR_ACCESS_DENIED where a token may not push into a stream. */
  check(token: PushToken, stream: string): void {
    if (token.streams.includes("*") || token.streams.includes(stream)) return;
    throw new MillraceError(
      "MLR_ACCESS_DENIED",
      `The token "${token.name}" may not push into stream "${stream}"`,
      {
        hint: "Make one for this stream with `millrace token create`.",
        details: { streams: [...token.streams] },
      },
    );
  }

  #find(secret: string, address: string): Promise<PushToken | undefined> {
    const digest = hash("sha256", secret, "hex");
    const now = this.#clock.monotonic();
    const known = this.#known.get(digest);
    if (known !== undefined && now - known.at < FRESH_MS) return known.token;
    const token = this.#ask(digest, address);
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(digest, { at: now, token });
    // What could not be asked is asked again.
    token.catch(() => this.#known.delete(digest));
    return token;
  }

  async #ask(digest: string, address: string): Promise<PushToken | undefined> {
    const now = this.#clock.now();
    try {
      const { rows } = await this.#pool.query<PushToken & { last_used_at: Date | null }>(FIND, [
        Buffer.from(digest, "hex"),
        new Date(now),
      ]);
      const [found] = rows;
      if (found === undefined) return undefined;
      const { id, name, streams, last_used_at: last } = found;
      if (last === null || now - last.getTime() >= SEEN_EVERY_MS) {
        await this.#pool.query(
          "UPDATE millrace_control.api_tokens SET last_used_at = $2, last_used_address = $3 WHERE id = $1",
          [id, new Date(now), address],
        );
      }
      return { id, name, streams };
    } catch (error) {
      throw controlFailure(error, "the control database");
    }
  }
}

const FIND = `
  SELECT token.id, token.name, streams, last_used_at
  FROM millrace_control.api_tokens AS token JOIN millrace_control.users ON users.id = user_id
  WHERE token_hash = $1 AND streams IS NOT NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)
    AND disabled_at IS NULL`;
