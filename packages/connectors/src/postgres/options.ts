import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";

/** Bytes that the fingerprints of one table may take in memory by default: some 5 million rows. */
const FINGERPRINT_BYTES = 64 * 1024 * 1024;

/** Options of `postgres()`. */
export const postgresOptions = z.strictObject({
  /** Connection URL, such as `postgresql://user:password@host:5432/database`, or `secret("name")`. Default: the project's default database. A direct connection is needed, not one through a pooler that shares it between transactions. */
  url: secretText(z.string().regex(/^postgres(ql)?:\/\//, "must begin with postgresql://")).optional(),
  /** Password, most often `secret("name")`; never shown. Default: the one in the URL. */
  password: secretText(z.string()).optional(),
  /** Database schema for tables that name none. Default: the first of the user's search_path, most often `public`. Created where it does not exist. */
  schema: z.string().min(1).optional(),
  /** merge: bytes of memory for knowing unchanged rows of a table without sending them. Default 64 MiB, some 5 million rows; 0 turns it off. */
  fingerprintBytes: z.number().int().min(0).default(FINGERPRINT_BYTES),
});

/** Options of `postgres()`, as users write them. */
export type PostgresOptions = z.input<typeof postgresOptions>;
/** The same, checked, with the defaults and the secrets. */
export type ResolvedPostgresOptions = Resolved<z.output<typeof postgresOptions>>;
