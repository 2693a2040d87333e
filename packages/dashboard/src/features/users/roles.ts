/** What somebody may do. */
export type Role = "viewer" | "operator" | "admin";

/** The roles to choose from. */
export const ROLE_CHOICES = [
  { value: "viewer", label: "Viewer: looks" },
  { value: "operator", label: "Operator: also runs and stops" },
  { value: "admin", label: "Administrator: also users and secrets" },
] as const satisfies readonly { readonly value: Role; readonly label: string }[];

/** The roles that somebody with this role may hand on. */
export function rolesUpTo(role: Role): readonly (typeof ROLE_CHOICES)[number][] {
  return ROLE_CHOICES.slice(0, ROLE_CHOICES.findIndex(({ value }) => value === role) + 1);
}
