import { createSecretKey, hash, type KeyObject, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { MillraceError } from "@millrace/core";

/** How a master password becomes a key. Stored beside what the key wraps. */
export interface Derivation {
  /** Of PBKDF2-HMAC-SHA-256. */
  readonly iterations: number;
  /** 16 random bytes. */
  readonly salt: Uint8Array;
}

/** What new keys are derived with, as OWASP advises for PBKDF2-HMAC-SHA-256. */
const ITERATIONS = 600_000;
/** Fewer would make guessing cheap; more would keep the process busy for minutes. */
const FEWEST = 600_000;
const MOST = 20_000_000;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Derivations that are kept: that of the password, of the one before, and of a change under way. */
const KEPT = 4;

const derive = promisify(pbkdf2);
const known = new Map<string, Promise<KeyObject>>();

/** For a key that is to be made: a salt of its own. */
export function newDerivation(): Derivation {
  return { iterations: ITERATIONS, salt: randomBytes(SALT_BYTES) };
}

/**
 * The key that a master password makes; derived once per process. Fails with MLR_SECRET_DAMAGED where it was stored with
 * a number of iterations that Millrace never used.
 */
export async function masterKey(password: string, { iterations, salt }: Derivation): Promise<KeyObject> {
  if (!Number.isInteger(iterations) || iterations < FEWEST || iterations > MOST || salt.length < SALT_BYTES) {
    throw new MillraceError(
      "MLR_SECRET_DAMAGED",
      `A stored key was derived with ${iterations} iterations and a salt of ${salt.length} bytes`,
      { hint: `Millrace derives with at least ${FEWEST} and a salt of ${SALT_BYTES}: restore the secrets.` },
    );
  }
  // The same characters may be typed as different code points.
  const text = password.normalize("NFKC");
  const name = `${hash("sha256", text)} ${Buffer.from(salt).toString("hex")} ${iterations}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  const deriving = derive(text, salt, iterations, KEY_BYTES, "sha256").then((bytes) =>
    createSecretKey(bytes),
  );
  known.set(name, deriving);
  deriving.catch(() => known.delete(name));
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return deriving;
}
