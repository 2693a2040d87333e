import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** What a hash costs. */
export interface PasswordCost {
  /** N is 2 to this power; memory is 128 × N × r bytes. */
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/**
 * 32 MiB and about a third of a second: one of the settings that OWASP's cheat sheet on password storage calls equal to
 * N = 2^17, p = 1, chosen for its memory, as sign-in shares the machine with what collects.
 */
export const PASSWORD_COST: PasswordCost = { logN: 15, r: 8, p: 3 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Far beyond what we ever wrote: a hash that was put into the database must not be able to take all memory. */
const MAX_MEMORY = 256 * 1024 * 1024;

/** A hash as the database has it. */
interface StoredHash {
  readonly cost: PasswordCost;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** `$scrypt$ln=15,r=8,p=3$salt$hash` with a new salt, both in base64 without padding. */
export async function hashPassword(password: string, cost = PASSWORD_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, { cost, salt, length: HASH_BYTES });
  return `$scrypt$ln=${cost.logN},r=${cost.r},p=${cost.p}$${encode(salt)}$${encode(hash)}`;
}

/**
 * Whether a password is the one of a hash. It takes as long for none (`undefined`, a user who does not exist or has no
 * password) as for a wrong one.
 * @param usual what hashes cost here
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  usual = PASSWORD_COST,
): Promise<boolean> {
  const parsed = stored === undefined ? undefined : parse(stored);
  const { cost, salt, hash } = parsed ?? { cost: usual, ...NOBODY };
  const given = await derive(password, { cost, salt, length: hash.length });
  const same = timingSafeEqual(given, hash);
  return parsed !== undefined && same;
}

/** Whether a hash was made at another cost than new ones are, and is to be made again while the password is known. */
export function isOutdated(stored: string, cost = PASSWORD_COST): boolean {
  const held = parse(stored)?.cost;
  return held === undefined || held.logN !== cost.logN || held.r !== cost.r || held.p !== cost.p;
}

/** What is compared with where there is nobody. */
const NOBODY: Omit<StoredHash, "cost"> = {
  salt: Buffer.alloc(SALT_BYTES),
  hash: Buffer.alloc(HASH_BYTES),
};

function parse(stored: string): StoredHash | undefined {
  const match =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,})\$([A-Za-z0-9+/]{22,})$/.exec(
      stored,
    );
  if (match === null) return undefined;
  const [, logN, r, p, salt = "", hash = ""] = match;
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  return { cost, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function encode(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function derive(
  password: string,
  { cost, salt, length }: { readonly cost: PasswordCost; readonly salt: Buffer; readonly length: number },
): Promise<Buffer> {
  const { logN, r, p } = cost;
  return new Promise((resolve, reject) => {
    // The same letters may come composed or not, as the keyboard has it.
    scrypt(
      password.normalize("NFKC"),
      salt,
      length,
      { N: 2 ** logN, r, p, maxmem: MAX_MEMORY },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}
