import { MillraceError } from "@millrace/core";
import { type Role, ROLES } from "../../server/role.ts";

/**
 * Roles as the setting writes them: `admin=platform-admins; operator=data-team,on-call; viewer=*`.
 * Fails with MLR_SETTINGS_INVALID.
 */
export function readOidcRoles(text: string): Partial<Record<Role, readonly string[]>> {
  const roles: Partial<Record<Role, readonly string[]>> = {};
  for (const part of text.split(";")) {
    if (part.trim() === "") continue;
    const at = part.indexOf("=");
    const role = ROLES.find((each) => each === part.slice(0, at).trim());
    const values = part
      .slice(at + 1)
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== "");
    if (at < 0 || role === undefined || values.length === 0 || roles[role] !== undefined) throw invalid(part);
    roles[role] = values;
  }
  if (Object.keys(roles).length === 0) throw invalid(text);
  return roles;
}

function invalid(part: string): MillraceError {
  return new MillraceError(
    "MLR_SETTINGS_INVALID",
    `oidcRoles does not say which claims give which role: "${part}"`,
    {
      hint: 'Write each role once, with values of the claim: "admin=platform-admins; operator=data-team; viewer=*".',
    },
  );
}
