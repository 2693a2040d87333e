import type { Role } from "../server/role.ts";

/** A user as others may see them. */
export interface UserRecord {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** `unset`: they sign in by a link and choose one; `external`: another service signs them in. */
  readonly password: "set" | "unset" | "external";
  readonly issuer: string | null;
  /** ISO 8601; null: they may sign in. */
  readonly disabledAt: string | null;
  readonly lastSignInAt: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  /** Sessions that are open. */
  readonly sessions: number;
  /** Tokens that can be used. */
  readonly tokens: number;
}

/** A user as the table has them. */
export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly has_password: boolean;
  readonly oidc_issuer: string | null;
  readonly disabled_at: Date | null;
  readonly last_sign_in_at: Date | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly sessions: number;
  readonly tokens: number;
}

export function userRecord(row: UserRow): UserRecord {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    password: row.oidc_issuer !== null ? "external" : row.has_password ? "set" : "unset",
    issuer: row.oidc_issuer,
    disabledAt: row.disabled_at?.toISOString() ?? null,
    lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    sessions: row.sessions,
    tokens: row.tokens,
  };
}
