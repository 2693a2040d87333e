import { type Clock, systemClock } from "@millrace/core";
import type { ApiLogger } from "../server/api-logger.ts";
import type { Guard } from "../server/guard.ts";
import { ApiTokens } from "./api-tokens.ts";
import { AuditLog } from "./audit-log.ts";
import { beginAudit, endAudit } from "./audit-request.ts";
import type { AuthOptions } from "./auth-options.ts";
import { FirstStart } from "./first-start.ts";
import { HashTurns } from "./hash-turns.ts";
import { identify } from "./identify.ts";
import { OidcSignIn } from "./oidc/oidc-sign-in.ts";
import { PASSWORD_COST, type PasswordCost } from "./password-hash.ts";
import { Sessions } from "./sessions.ts";
import { SignInFailures } from "./sign-in-failures.ts";
import { SignInLinks } from "./sign-in-links.ts";
import { Users } from "./users.ts";

/** What signing in consists of: the guard for the server, and what its routes work with. */
export interface Authentication {
  readonly guard: Required<Guard>;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly tokens: ApiTokens;
  readonly links: SignInLinks;
  readonly failures: SignInFailures;
  readonly audit: AuditLog;
  readonly turns: HashTurns;
  readonly passwordCost: PasswordCost;
  readonly publicUrl: URL | undefined;
  readonly clock: Clock;
  readonly logger: ApiLogger | undefined;
  /** Undefined: nobody signs in by another service. */
  readonly oidc: OidcSignIn | undefined;
}

/** Puts signing in together, for `createServer` and `authRoutes`. Opens nothing. */
export function openAuthentication(options: AuthOptions): Authentication {
  const { pool, clock = systemClock, publicUrl, oidc, tableOwner } = options;
  const sessions = new Sessions(pool, clock, options.sessions);
  const tokens = new ApiTokens(pool, clock);
  const audit = new AuditLog(pool, clock);
  const firstStart = new FirstStart(pool);
  const users = new Users(pool, clock);
  const service = oidc === undefined ? undefined : new OidcSignIn(oidc, { pool, clock });
  return {
    guard: {
      admit: (request) => firstStart.check(request),
      identify: (request) =>
        identify(request, {
          pool,
          sessions,
          tokens,
          publicUrl,
          tableOwner,
          welcome: { oidc: service?.label ?? null, administrator: firstStart.over },
        }),
      begin: (request) => beginAudit(request, audit),
      record: (request, reply, payload) => endAudit(request, reply, { log: audit, payload }),
    },
    users,
    sessions,
    tokens,
    links: new SignInLinks(pool, clock),
    failures: new SignInFailures(pool, clock, options.failures),
    audit,
    turns: new HashTurns(),
    passwordCost: options.passwordCost ?? PASSWORD_COST,
    publicUrl,
    clock,
    logger: options.logger,
    oidc: service,
  };
}
