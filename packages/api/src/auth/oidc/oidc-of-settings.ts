import { MillraceError } from "@millrace/core";
import type { OidcOptions } from "./oidc-options.ts";
import { readOidcRoles } from "./read-oidc-roles.ts";

/** What the settings say of the service that signs people in. */
export interface OidcSettings {
  readonly oidcIssuer?: string | undefined;
  readonly oidcClientId?: string | undefined;
  /** Name of the secret. */
  readonly oidcClientSecret: string;
  readonly oidcLabel?: string | undefined;
  readonly oidcScopes: string;
  readonly oidcRoleClaim: string;
  readonly oidcRoles?: string | undefined;
}

/**
 * The service that signs people in; undefined where the settings name none. Fails with MLR_SETTINGS_INVALID where they say
 * only half of it.
 * @param secret gives the value of a secret by its name
 */
export function oidcOfSettings(
  settings: OidcSettings,
  secret: (name: string) => Promise<string>,
): OidcOptions | undefined {
  const { oidcIssuer, oidcClientId, oidcClientSecret, oidcLabel, oidcScopes, oidcRoleClaim, oidcRoles } =
    settings;
  if (oidcIssuer === undefined) return undefined;
  if (oidcClientId === undefined) throw missing("oidcClientId", "MILLRACE_OIDC_CLIENT_ID");
  if (oidcRoles === undefined) throw missing("oidcRoles", "MILLRACE_OIDC_ROLES");
  return {
    issuer: new URL(oidcIssuer),
    clientId: oidcClientId,
    clientSecret: () => secret(oidcClientSecret),
    label: oidcLabel,
    scopes: oidcScopes,
    roleClaim: oidcRoleClaim,
    roles: readOidcRoles(oidcRoles),
  };
}

function missing(name: string, variable: string): MillraceError {
  return new MillraceError("MLR_SETTINGS_INVALID", `oidcIssuer is set, and ${name} is not`, {
    hint: `Set ${variable} as well; the guide on users tells what each means.`,
    details: { setting: name },
  });
}
