/** What somebody may do, each one also what those before it may: look, steer, administer. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Whether `held` is enough where `needed` is asked for. */
export function suffices(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}
