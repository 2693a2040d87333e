import type { Resolved } from "@millrace/core";
import { z } from "zod";
import { secret } from "../../shared/http/option-types.ts";

/** Options of `usernameToken()`. */
export const usernameTokenOptions = z.strictObject({
  /** Name of the user. */
  username: secret,
  /** Password, or a function that returns it. Never logged. */
  password: secret,
  /** `text`: the password as it is, for services with TLS alone. `digest`: its SHA-1 with a nonce and the time. Default `text`. */
  type: z.enum(["text", "digest"]).default("text"),
  /** Sends along when the message was made and when it expires. Default true. */
  timestamp: z.boolean().default(true),
});

/** Options of `x509()`. */
export const x509Options = z.strictObject({
  /** Private key that signs, as PEM, or a function that returns it. Never logged. */
  key: secret,
  /** Passphrase of `key`. Never logged. */
  passphrase: secret.optional(),
  /** Certificate of the key, as PEM; it is sent along. */
  cert: secret,
  /** How it is signed: `rsa-sha256`, `rsa-sha512`, or `rsa-sha1` for old services. Default `rsa-sha256`. */
  algorithm: z.enum(["rsa-sha1", "rsa-sha256", "rsa-sha512"]).default("rsa-sha256"),
  /** How long a message is valid, in seconds. Default 300. */
  lifetimeSeconds: z.number().int().positive().default(300),
});

/** Who asks, in messages. */
export const securityOptions = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("username-token"), ...usernameTokenOptions.shape }),
    z.strictObject({ kind: z.literal("x509"), ...x509Options.shape }),
  ],
  { message: "must be made by usernameToken() or x509()" },
);

/** Who asks, in messages, with the defaults filled in. */
export type Security = z.output<typeof securityOptions>;
/** The same with the values of secrets. */
export type KnownSecurity = Resolved<Security>;
