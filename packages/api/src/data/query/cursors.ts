import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { MillraceError } from "@millrace/core";

/** Values of the columns that a page was sorted by, of its last row, as text. */
export type CursorValues = readonly (string | null)[];

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Makes cursors and reads them back. They are sealed, so nobody can make one or read the values in it, which may be of columns
 * that are not shown; and bound to the table and order that they were made for. The same place gives the same cursor.
 */
export class Cursors {
  readonly #seal: Buffer;
  readonly #nonce: Buffer;

  /** @param secret at least 32 random bytes, the same for all servers */
  constructor(secret: Buffer) {
    this.#seal = Buffer.from(hkdfSync("sha256", secret, "", "millrace data cursor", 32));
    this.#nonce = Buffer.from(hkdfSync("sha256", secret, "", "millrace data cursor nonce", 32));
  }

  /** @param of the table and order */
  write(values: CursorValues, of: string): string {
    const text = JSON.stringify(values);
    // Made of what it seals: two different texts never share one, and no counter has to be kept.
    const nonce = createHmac("sha256", this.#nonce)
      .update(of)
      .update("\0")
      .update(text)
      .digest()
      .subarray(0, NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#seal, nonce).setAAD(Buffer.from(of));
    return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
      "base64url",
    );
  }

  /** Fails with MLR_ARGUMENT_INVALID for what is no cursor of this table and order. */
  read(cursor: string, of: string): CursorValues {
    const bytes = Buffer.from(cursor, "base64url");
    try {
      if (bytes.toString("base64url") !== cursor) throw new Error("not base64url");
      const decipher = createDecipheriv("aes-256-gcm", this.#seal, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(of)).setAuthTag(bytes.subarray(-TAG_BYTES));
      const sealed = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      const text = Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
      return JSON.parse(text) as CursorValues;
    } catch (error) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", "The cursor is not one of this table and order", {
        hint: 'Send as "after" what "next" of the page before was, with the same order; or leave it out to begin anew.',
        details: { field: "after" },
        cause: error,
      });
    }
  }
}
