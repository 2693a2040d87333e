import { type Role, ROLES } from "../../server/role.ts";
import type { OidcOptions } from "./oidc-options.ts";

/** The highest role that the claims of a person give; undefined: none. */
export function roleOfClaims(
  claims: Readonly<Record<string, unknown>>,
  { roleClaim = "groups", roles }: Pick<OidcOptions, "roleClaim" | "roles">,
): Role | undefined {
  const held = valuesAt(claims, roleClaim);
  return ROLES.toReversed().find((role) =>
    roles[role]?.some((wanted) => wanted === "*" || held.includes(wanted)),
  );
}

/** The texts at a path of objects. A claim may have dots in its own name, such as `https://example.com/roles`. */
function valuesAt(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const own = Object.hasOwn(claims, path) ? claims[path] : undefined;
  const value = own ?? path.split(".").reduce<unknown>(inside, claims);
  const all = Array.isArray(value) ? value : [value];
  return all.filter((each): each is string => typeof each === "string");
}

function inside(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
