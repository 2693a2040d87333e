import { randomUUID } from "node:crypto";
import { type Clock, MillraceError } from "@millrace/core";
import type pg from "pg";

/** A request with a key. */
export interface KeyedRequest {
  /** Who makes it, and of which route. */
  readonly identity: string;
  readonly route: string;
  readonly key: string;
  /** Of its path and body. */
  readonly hash: Buffer;
}

/** What is to be done: the request, under this holder; or nothing, because it was answered before. */
export type KeyedBegin =
  | { readonly kind: "run"; readonly holder: string }
  | { readonly kind: "answered"; readonly status: number; readonly answer: string };

interface KnownRequest {
  readonly same: boolean;
  readonly status: number | null;
  readonly answer: string | null;
}

/** Time for the first of two requests that come at the same moment. */
const WAIT_MS = 10_000;
const LOOK_MS = 50;

/** Requests with keys, kept in the control database for a day, so that each is carried out once whoever it is sent to. */
export class RequestKeys {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /**
   * Lets one of all requests with this key go on; the others get its answer, for which they wait. Fails with
   * MLR_REQUEST_KEY_REUSED where the key was another request's, and with MLR_REQUEST_KEY_BUSY where the first takes too long.
   */
  async begin(request: KeyedRequest): Promise<KeyedBegin> {
    const end = this.#clock.monotonic() + WAIT_MS;
    for (;;) {
      const holder = randomUUID();
      const taken = await this.#pool.query(TAKE, [...placeOf(request), request.hash, holder]);
      if (taken.rowCount === 1) return { kind: "run", holder };
      const known = await this.#find(request);
      if (known?.same === false) throw reused(request.key);
      if (known !== undefined && known.status !== null)
        return { kind: "answered", status: known.status, answer: known.answer ?? "" };
      if (this.#clock.monotonic() >= end) throw busy(request.key);
      await this.#clock.sleep(LOOK_MS);
    }
  }

  /** Keeps the answer for those that follow. */
  async finish(
    request: KeyedRequest,
    { holder, status, answer }: { readonly holder: string; readonly status: number; readonly answer: string },
  ): Promise<void> {
    await this.#pool.query(FINISH, [...placeOf(request), holder, status, answer]);
  }

  /** Forgets a request that could not be carried out, so that it may be tried again. */
  async forget(request: KeyedRequest, holder: string): Promise<void> {
    await this.#pool.query(FORGET, [...placeOf(request), holder]);
  }

  async #find(request: KeyedRequest): Promise<KnownRequest | undefined> {
    const { rows } = await this.#pool.query<KnownRequest>(FIND, [...placeOf(request), request.hash]);
    return rows[0];
  }
}

function placeOf({ identity, route, key }: KeyedRequest): readonly string[] {
  return [identity, route, key];
}

function reused(key: string): MillraceError {
  return new MillraceError("MLR_REQUEST_KEY_REUSED", `Another request had the Idempotency-Key "${key}"`, {
    hint: "Make a new key for each request; send one again only with the same path and body.",
    details: { key },
  });
}

function busy(key: string): MillraceError {
  return new MillraceError("MLR_REQUEST_KEY_BUSY", `The request with the key "${key}" is still carried out`, {
    hint: "Send it again in a moment, with the same key.",
    details: { key },
  });
}

/** The row is locked by whoever adds it, so that of two at the same moment one finds the other's. */
const TAKE = `
  INSERT INTO millrace_control.idempotency_keys AS known (identity, route, key, request_hash, holder, held_until)
  VALUES ($1, $2, $3, $4, $5, clock_timestamp() + interval '5 minutes')
  ON CONFLICT (identity, route, key) DO UPDATE SET
    request_hash = excluded.request_hash, holder = excluded.holder, held_until = excluded.held_until, status = NULL,
    answer = NULL, created_at = excluded.created_at
  WHERE known.created_at < clock_timestamp() - interval '1 day'
    OR (known.status IS NULL AND known.held_until < clock_timestamp() AND known.request_hash = excluded.request_hash)`;

const WHICH = "identity = $1 AND route = $2 AND key = $3";
const FIND = `SELECT request_hash = $4 AS same, status, answer FROM millrace_control.idempotency_keys WHERE ${WHICH}`;
const FINISH = `UPDATE millrace_control.idempotency_keys SET status = $5, answer = $6 WHERE ${WHICH} AND holder = $4`;
const FORGET = `DELETE FROM millrace_control.idempotency_keys WHERE ${WHICH} AND holder = $4`;
