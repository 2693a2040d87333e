import type { Role } from "./role.ts";

/** Who makes a request: a person who signed in, or a program with a token. */
export interface Identity {
  readonly kind: "user" | "token";
  /** UUID of the user or the token. */
  readonly id: string;
  /** Name of the user, or `token <name>`; goes into the audit log and into records of commands. */
  readonly name: string;
  readonly role: Role;
}
