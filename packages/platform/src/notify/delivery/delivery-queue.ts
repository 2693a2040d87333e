import { randomUUID } from "node:crypto";
import { type Clock, MillraceError, redactor } from "@millrace/core";
import type pg from "pg";
import { clip } from "../message/clip.ts";
import type { NotificationMessage } from "../message/notification-message.ts";
import { transaction } from "../state/transaction.ts";

/** A message that this process may send now. */
export interface Claimed {
  readonly id: string;
  readonly channel: string;
  readonly message: NotificationMessage;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** A message whose sender has not told what came of it may be sent by another after this time. */
const LEASE_MS = 180_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** Tries to write down what came of a message, while nobody else may send it. */
const SETTLE_TRIES = 6;
/** A message that was not taken for so long is given up. */
const GIVE_UP_MS = 24 * 3_600_000;
/** A message that has failed so often lets the ones behind it pass. */
const PATIENCE = 5;

/** The messages that are to be sent, claimed one at a time per channel by however many processes there are. */
export class DeliveryQueue {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #holder = randomUUID();

  constructor(pool: pg.Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** The channels that have something to send now. */
  async due(now: number): Promise<string[]> {
    const { rows } = await this.#pool.query<{ channel: string }>(
      `SELECT DISTINCT channel FROM millrace_control.notifications
       WHERE (status = 'queued' AND next_at <= $1) OR (status = 'sending' AND lease_until <= clock_timestamp())`,
      [new Date(now)],
    );
    return rows.map(({ channel }) => channel);
  }

  /** The next message of a channel; undefined where there is none, or somebody sends one just now. */
  async claim(channel: string, now: number): Promise<Claimed | undefined> {
    return transaction(this.#pool, async (client) => {
      // In turns, so that each sees what the one before has claimed: whoever is refused knows that somebody goes on.
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended('millrace notify ' || $1, 0))", [
        channel,
      ]);
      const { rows } = await client.query<ClaimedRow>(CLAIM, [
        channel,
        this.#holder,
        new Date(now),
        LEASE_MS,
      ]);
      const [row] = rows;
      if (row === undefined) return undefined;
      const { id, message, attempts, created_at: created } = row;
      return { id, channel, message, attempt: attempts, createdAt: created.getTime() };
    });
  }

  /** The receiver has it. */
  async sent(claimed: Claimed, now: number): Promise<void> {
    await this.#settle(claimed, { status: "sent", error: null, nextAt: now, sentAt: now });
  }

  /** It was not taken: it is tried again later, and with it what waits behind it, or given up. Returns what becomes of it. */
  async failed(claimed: Claimed, error: unknown, now: number): Promise<"queued" | "failed"> {
    const { never, retryAfterMs } = verdictOf(error);
    const wait = Math.max(
      retryAfterMs,
      Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (claimed.attempt - 1)),
    );
    const tooOld = now + wait > claimed.createdAt + GIVE_UP_MS;
    const status = never || tooOld ? "failed" : "queued";
    await this.#settle(claimed, { status, error: errorText(error), nextAt: now + wait, sentAt: null });
    if (!never)
      await this.#pool.query(
        `UPDATE millrace_control.notifications SET next_at = greatest(next_at, $2)
         WHERE channel = $1 AND status = 'queued'`,
        [claimed.channel, new Date(now + wait)],
      );
    return status;
  }

  /** Gives up what nobody could send for a day, for instance because its channel is configured no more. */
  async giveUp(now: number): Promise<void> {
    await this.#pool.query(
      `UPDATE millrace_control.notifications SET status = 'failed',
         last_error = coalesce(last_error, 'Nobody who knows this channel was there within 24 hours')
       WHERE status = 'queued' AND created_at < $1`,
      [new Date(now - GIVE_UP_MS)],
    );
  }

  /** A message that was sent and is not known to be would be sent twice. */
  async #settle(claimed: Claimed, to: Settled): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#write(claimed, to);
      } catch (error) {
        if (failures === SETTLE_TRIES) throw error;
        await this.#clock.sleep(1_000 * 2 ** failures);
      }
    }
  }

  async #write({ id }: Claimed, to: Settled): Promise<void> {
    await this.#pool.query(
      `UPDATE millrace_control.notifications SET status = $3, last_error = $4, next_at = $5, sent_at = $6,
         holder = NULL, lease_until = NULL
       WHERE id = $1 AND holder = $2 AND status = 'sending'`,
      [
        id,
        this.#holder,
        to.status,
        to.error,
        new Date(to.nextAt),
        to.sentAt === null ? null : new Date(to.sentAt),
      ],
    );
  }
}

/** What came of a message. */
interface Settled {
  readonly status: "sent" | "failed" | "queued";
  readonly error: string | null;
  readonly nextAt: number;
  readonly sentAt: number | null;
}

interface ClaimedRow {
  readonly id: string;
  readonly message: NotificationMessage;
  readonly attempts: number;
  readonly created_at: Date;
}

const CLAIM = `
  UPDATE millrace_control.notifications SET status = 'sending', attempts = attempts + 1, holder = $2,
    lease_until = clock_timestamp() + $4 * interval '1 ms'
  WHERE id = (
    SELECT id FROM millrace_control.notifications AS next
    WHERE channel = $1 AND ((status = 'queued' AND next_at <= $3) OR (status = 'sending' AND lease_until <= clock_timestamp()))
      AND NOT EXISTS (SELECT FROM millrace_control.notifications AS other
        WHERE other.channel = $1 AND other.status = 'sending' AND other.lease_until > clock_timestamp())
    ORDER BY attempts >= ${PATIENCE}, seq LIMIT 1)
  RETURNING id, message, attempts, created_at`;

function verdictOf(error: unknown): { never: boolean; retryAfterMs: number } {
  if (!(error instanceof MillraceError)) return { never: false, retryAfterMs: 0 };
  const { retryAfterMs } = error.details;
  return {
    never: error.retry === "never",
    retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : 0,
  };
}

/** What a delivery has failed with, for people: without secrets, and short. */
export function errorText(error: unknown): string {
  const text =
    error instanceof MillraceError
      ? [`${error.code}: ${error.message}`, error.hint].filter((part) => part !== undefined).join(" → ")
      : error instanceof Error
        ? error.message
        : String(error);
  return clip(redactor.text(text).replaceAll("\0", "\uFFFD").toWellFormed(), 1_000);
}
