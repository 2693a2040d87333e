import { createSecretKey, type KeyObject, randomBytes, randomUUID } from "node:crypto";
import { MillraceError } from "@millrace/core";
import { type Derivation, masterKey, newDerivation } from "./master-key.ts";
import { seal, type Sealed, unseal } from "./sealed.ts";

/** The format that is written: AES-256-GCM, PBKDF2-HMAC-SHA-256. Whatever comes after it has another name. */
export const FORMAT = "mlr1";

/** A data key, wrapped by the key that the master password makes. */
export interface StoredKey extends Sealed, Derivation {
  readonly format: string;
  /** UUID. */
  readonly id: string;
  /** What is written is encrypted by it. At most one is. */
  readonly current: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly createdBy: string;
}

/** The passwords that may open a key, in the order in which they are tried. */
export interface MasterPasswords {
  readonly current: string;
  /** The one before the last change. */
  readonly previous?: string;
}

/** A data key that is open. */
export interface OpenKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Who does something, and when. */
export interface Deed {
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
}

const KEY_BYTES = 32;

/** Makes a data key. @param derivation of the key that wraps it. Default: a new one. */
export async function createKey(
  password: string,
  deed: Deed,
  derivation: Derivation = newDerivation(),
): Promise<{ readonly stored: StoredKey; readonly open: OpenKey }> {
  const key = createSecretKey(randomBytes(KEY_BYTES));
  const id = randomUUID();
  const stored = await wrapKey({ id, key }, password, derivation);
  return {
    stored: { ...stored, current: true, createdAt: deed.at, createdBy: deed.by },
    open: { id, key },
  };
}

/** The data key as it is stored, but for what is known of its making. */
export async function wrapKey(
  { id, key }: OpenKey,
  password: string,
  { iterations, salt }: Derivation,
): Promise<Sealed & Derivation & Pick<StoredKey, "format" | "id">> {
  const wrapped = { format: FORMAT, id, iterations, salt };
  const wrapping = await masterKey(password, wrapped);
  return { ...wrapped, ...seal(wrapping, key.export(), keyContext(wrapped)) };
}

/** Opens a data key. Fails with MLR_SECRET_PASSWORD where no password does, or MLR_SECRET_DAMAGED. */
export async function openKey(stored: StoredKey, passwords: MasterPasswords): Promise<OpenKey> {
  if (stored.format !== FORMAT) throw unknownFormat(`The key ${stored.id}`, stored.format);
  for (const password of [passwords.current, passwords.previous]) {
    if (password === undefined) continue;
    const bytes = unseal(await masterKey(password, stored), stored, keyContext(stored));
    if (bytes !== undefined) return { id: stored.id, key: createSecretKey(bytes) };
  }
  throw new MillraceError("MLR_SECRET_PASSWORD", "The master password does not open the stored secrets", {
    hint: "Check MILLRACE_MASTER_PASSWORD or the file in MILLRACE_MASTER_PASSWORD_FILE. Where the password is right, the stored key was changed: restore it from a backup.",
    details: { key: stored.id },
  });
}

/** The stored thing is in a format that this version does not know. */
export function unknownFormat(what: string, format: string): MillraceError {
  return new MillraceError("MLR_SECRET_DAMAGED", `${what} is in the unknown format "${format}"`, {
    hint: `This version of Millrace knows ${FORMAT}. A newer one may have written it: use that.`,
    details: { format },
  });
}

/** What a wrapped key belongs to: neither its id nor its derivation can be exchanged. */
function keyContext({ format, id, iterations, salt }: Derivation & Pick<StoredKey, "format" | "id">): string {
  return [format, "key", id, iterations, Buffer.from(salt).toString("base64")].join("\0");
}
