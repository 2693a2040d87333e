import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

/** What AES-256-GCM made of a text: nothing of it can be changed unnoticed. */
export interface Sealed {
  /** 12 random bytes, new for each text. */
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts and authenticates `content`, and authenticates what it belongs to besides. */
export function seal(key: KeyObject, content: Uint8Array, belongsTo: string): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(belongsTo, "utf8"));
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return { nonce, ciphertext, tag: cipher.getAuthTag() };
}

/** The content; undefined where anything of it, of what it belongs to or of the key is not what it was. */
export function unseal(key: KeyObject, sealed: Sealed, belongsTo: string): Buffer | undefined {
  const { nonce, ciphertext, tag } = sealed;
  // A shorter tag would be easier to guess.
  if (nonce.length !== NONCE_BYTES || tag.length !== TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(belongsTo, "utf8"));
  decipher.setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined;
  }
}
