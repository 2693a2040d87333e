import { type Resolved, secretReference, secretText } from "@millrace/core";
import { z } from "zod";

const pem = z.union([z.string(), z.instanceof(Uint8Array)], {
  message: "must be the text of a PEM, or its bytes",
});

/** Options of TLS. */
export const tlsOptions = z.strictObject({
  /** Certificates to trust instead of those that Node.js brings, as PEM. */
  ca: z.union([pem, z.array(pem)]).optional(),
  /** Certificate that tells the server who asks, as PEM. */
  cert: pem.optional(),
  /** Key of `cert`, as PEM. Never logged. */
  key: z.union([pem, secretReference]).optional(),
  /** Passphrase of `key`. Never logged. */
  passphrase: secretText(z.string()).optional(),
  /** false: accepts any certificate, so that anyone between may read and change everything. Default true. */
  verify: z.boolean().default(true),
  /** Name to expect in the certificate. Default: the host's. */
  servername: z.string().optional(),
  /** Oldest version of TLS. Default `TLSv1.2`. */
  minVersion: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2"),
});

/** Options of TLS with the defaults and the secrets filled in. */
export type TlsOptions = Resolved<z.output<typeof tlsOptions>>;
