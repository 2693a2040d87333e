import type { Clock } from "@millrace/core";
import type pg from "pg";
import type { ApiLogger } from "../server/api-logger.ts";
import type { OidcOptions } from "./oidc/oidc-options.ts";
import type { PasswordCost } from "./password-hash.ts";
import type { SessionLimits } from "./sessions.ts";
import type { FailureLimits } from "./sign-in-failures.ts";

/** What signing in is made of. */
export interface AuthOptions {
  /** Connections to the control database. */
  readonly pool: pg.Pool;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /**
   * Address that people open the dashboard by, such as `https://millrace.example.com`; with https, cookies are `Secure`
   * though a proxy ends TLS. Default: what the request says.
   */
  readonly publicUrl?: URL | undefined;
  /** A service that signs people in by OpenID Connect. Default: none. */
  readonly oidc?: OidcOptions | undefined;
  /** Which pipeline writes a table, for tokens that can read some pipelines only. Default: nobody knows. */
  readonly tableOwner?: (table: string) => Promise<string | undefined>;
  /** Is told why a sign-in by OpenID Connect failed. Default: nobody is. */
  readonly logger?: ApiLogger;
  /** Default: 12 hours without use, 7 days in all. */
  readonly sessions?: SessionLimits;
  /** Default: 5 failures of a name from an address, 20 from an address, 50 of a name, in 15 minutes. */
  readonly failures?: FailureLimits;
  /** What hashes of passwords cost. Default `PASSWORD_COST`. */
  readonly passwordCost?: PasswordCost;
}
