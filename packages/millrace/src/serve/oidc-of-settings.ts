import { type OidcOptions, readOidcRoles } from "@millrace/api";
import { MillraceError } from "@millrace/core";
import type { SettingValues } from "@millrace/platform/settings";

/** The service that signs people in, where the settings name one. Fails with MLR_SETTINGS_INVALID where they are incomplete. */
export function oidcOfSettings(
  settings: Pick<
    SettingValues,
    | "oidcIssuer"
    | "oidcClientId"
    | "oidcClientSecret"
    | "oidcLabel"
    | "oidcScopes"
    | "oidcRoleClaim"
    | "oidcRoles"
  >,
  secrets: { secret(name: string): Promise<string> },
): OidcOptions | undefined {
  const { oidcIssuer, oidcClientId, oidcClientSecret, oidcRoles } = settings;
  if (oidcIssuer === undefined) return undefined;
  if (oidcClientId === undefined) throw missing("oidcClientId", "MILLRACE_OIDC_CLIENT_ID");
  if (oidcRoles === undefined) throw missing("oidcRoles", "MILLRACE_OIDC_ROLES");
  return {
    issuer: new URL(oidcIssuer),
    clientId: oidcClientId,
    clientSecret: () => secrets.secret(oidcClientSecret),
    label: settings.oidcLabel,
    scopes: settings.oidcScopes,
    roleClaim: settings.oidcRoleClaim,
    roles: readOidcRoles(oidcRoles),
  };
}

function missing(name: string, variable: string): MillraceError {
  return new MillraceError("MLR_SETTINGS_INVALID", `oidcIssuer is set, and ${name} is not`, {
    hint: `Set ${variable}; docs/guides/users.md tells what each means.`,
  });
}
