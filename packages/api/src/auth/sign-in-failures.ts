import { hash } from "node:crypto";
import { isIPv6 } from "node:net";
import { type Clock, MillraceError } from "@millrace/core";
import type pg from "pg";

/** How many sign-ins may fail before no more are tried. */
export interface FailureLimits {
  /** Of one name from one address. Default 5. */
  readonly pair: number;
  /** From one address. Default 20. */
  readonly address: number;
  /** Of one name, from all addresses. Default 50: more, as others could keep somebody out by it. */
  readonly name: number;
  /** Time after which it begins anew, in milliseconds. Default 15 minutes. */
  readonly windowMs: number;
}

const FAILURE_LIMITS: FailureLimits = { pair: 5, address: 20, name: 50, windowMs: 15 * 60_000 };

/**
 * Counts sign-ins that failed, in the database, so that neither another server nor a restart forgets them. An attempt counts
 * before its password is looked at: a thousand at once are not a thousand guesses. One that succeeds is taken back. Names
 * that do not exist count as those that do.
 */
export class SignInFailures {
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #limits: FailureLimits;

  constructor(pool: pg.Pool, clock: Clock, limits: FailureLimits = FAILURE_LIMITS) {
    this.#pool = pool;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Counts an attempt. Fails with MLR_SIGN_IN_LIMIT where there were too many. @param name absent: a link */
  async count(address: string, name?: string): Promise<void> {
    const now = this.#clock.now();
    for (const { subject, most } of this.#subjects(address, name)) {
      const { rows } = await this.#pool.query<{ failures: number; until: Date }>(COUNT, [
        subject,
        new Date(now),
        new Date(now + this.#limits.windowMs),
      ]);
      const [row] = rows;
      if (row === undefined || row.failures <= most) continue;
      const seconds = Math.max(1, Math.ceil((row.until.getTime() - now) / 1_000));
      throw new MillraceError("MLR_SIGN_IN_LIMIT", "Too many sign-ins have failed", {
        hint: `Try again in ${waiting(seconds)}, or sign in by a link: \`millrace user link\` on the server prints one.`,
        details: { retryAfterSeconds: seconds },
      });
    }
  }

  /** The attempt was good: it is no failure, and those of this name from this address are forgotten. */
  async forgive(address: string, name?: string): Promise<void> {
    const [first, ...others] = this.#subjects(address, name).map(({ subject }) => subject);
    if (name !== undefined) {
      await this.#pool.query("DELETE FROM millrace_control.sign_in_failures WHERE subject = $1", [first]);
    }
    await this.#pool.query(
      "UPDATE millrace_control.sign_in_failures SET failures = failures - 1 WHERE subject = ANY ($1) AND failures > 0",
      [name === undefined ? [first] : others],
    );
  }

  #subjects(
    address: string,
    name: string | undefined,
  ): readonly { readonly subject: Buffer; readonly most: number }[] {
    const from = network(address);
    const byAddress = { subject: subjectOf("address", from), most: this.#limits.address };
    if (name === undefined) return [byAddress];
    const who = name.normalize("NFC").toLowerCase();
    return [
      { subject: subjectOf("pair", from, who), most: this.#limits.pair },
      byAddress,
      { subject: subjectOf("name", who), most: this.#limits.name },
    ];
  }
}

/** What counts as one address: of IPv6 the first 64 bits, since everybody has all of the rest. */
export function network(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail = ""] = address.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const whole = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  return `${whole
    .slice(0, 4)
    .map((part) => parseInt(part, 16).toString(16))
    .join(":")}::/64`;
}

function subjectOf(...parts: readonly string[]): Buffer {
  return hash("sha256", JSON.stringify(parts), "buffer");
}

function waiting(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? "a second" : `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

const COUNT = `
  INSERT INTO millrace_control.sign_in_failures AS known (subject, failures, until) VALUES ($1, 1, $3)
  ON CONFLICT (subject) DO UPDATE SET
    failures = CASE WHEN known.until <= $2 THEN 1 ELSE known.failures + 1 END,
    until = CASE WHEN known.until <= $2 THEN excluded.until ELSE known.until END
  RETURNING failures, until`;
