import { type Resolved, secretText } from "@millrace/core";
import { z } from "zod";

const tls = z.strictObject({
  /** Certificates of the authorities that the server's is checked against, in PEM. Default: those of the system. */
  ca: z.string().optional(),
  /** The client's own certificate, in PEM. Default: none. */
  cert: z.string().optional(),
  /** The key of `cert`, in PEM. Never shown. */
  key: secretText(z.string()).optional(),
  /** Whether the server's certificate has to be valid. Default true; false protects against nobody in between. */
  rejectUnauthorized: z.boolean().default(true),
});

/** Options of `mariadb()`. */
export const mariadbOptions = z.strictObject({
  /** Connection URL, such as `mariadb://user:password@host:3306/database`; `mysql://` is the same; or `secret("name")`. Special characters of user and password are written in percent form. A direct connection is needed, not one through a proxy that shares it between transactions. */
  url: secretText(
    z
      .string()
      .regex(/^(mariadb|mysql):\/\//, "must begin with mariadb://")
      .refine(
        (url) => databaseOf(url) !== undefined,
        "must name a database: mariadb://user@host:3306/database",
      ),
  ),
  /** Password, most often `secret("name")`; never shown. Default: the one in the URL. */
  password: secretText(z.string()).optional(),
  /** Encrypts the connection: true, or certificates. Default false. */
  tls: z.union([z.boolean(), tls]).default(false),
  /** Most connections that `context.database(…)` opens at a time. Default 5. */
  maxConnections: z.number().int().min(1).default(5),
});

/** Options of `mariadb()`, as users write them. */
export type MariadbOptions = z.input<typeof mariadbOptions>;
/** Options of `mariadb()`, with the defaults and the secrets filled in. */
export type ResolvedMariadbOptions = Resolved<z.output<typeof mariadbOptions>>;

/** The database that a connection URL names; undefined where it names none or is no URL. */
export function databaseOf(url: string): string | undefined {
  try {
    const name = decodeURIComponent(new URL(url).pathname.slice(1));
    return name === "" ? undefined : name;
  } catch {
    return undefined;
  }
}
