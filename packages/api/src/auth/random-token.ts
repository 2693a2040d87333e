import { hash, randomBytes } from "node:crypto";

/** A text that nobody can guess: 256 random bits in base64url, 43 characters. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * What the database keeps of such a text. A plain SHA-256 is enough, since there are too many of them to be tried, and it is
 * looked up by this hash, so that how long the look-up takes tells nothing about the text.
 */
export function tokenHash(token: string): Buffer {
  return hash("sha256", token, "buffer");
}
