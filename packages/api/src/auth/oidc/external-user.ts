import { type Clock, MillraceError } from "@millrace/core";
import type pg from "pg";
import type { Role } from "../../server/role.ts";
import { inTransaction, type Queryable } from "../in-transaction.ts";
import { insertUser, lockUsers } from "../users.ts";

/** A person whom another service vouches for. */
export interface ExternalPerson {
  readonly issuer: string;
  /** Its own, unchanging name for them. */
  readonly subject: string;
  /** Names to take here, the best first. */
  readonly names: readonly string[];
  /** Undefined: their claims give them none. */
  readonly role: Role | undefined;
}

/**
 * The user of such a person, made at the first sign-in, with the role that their claims give now. A user of the same name
 * whom the service does not vouch for stays somebody else. Whose claims give no role any more is signed out everywhere.
 * Fails with MLR_SIGN_IN_OIDC.
 */
export async function externalUser(
  pool: pg.Pool,
  clock: Clock,
  person: ExternalPerson,
): Promise<{ readonly id: string; readonly name: string }> {
  const known = await inTransaction(pool, async (client) => {
    await lockUsers(client);
    const user = await find(client, person);
    if (person.role === undefined) {
      if (user !== undefined)
        await client.query("DELETE FROM millrace_control.sessions WHERE user_id = $1", [user.id]);
      return undefined;
    }
    if (user?.disabled === true) return undefined;
    if (user === undefined) return add(client, clock, { ...person, role: person.role });
    await client.query(
      "UPDATE millrace_control.users SET role = $2, updated_at = $3 WHERE id = $1 AND role <> $2",
      [user.id, person.role, new Date(clock.now())],
    );
    return user;
  });
  if (known !== undefined) return { id: known.id, name: known.name };
  throw new MillraceError("MLR_SIGN_IN_OIDC", "You have no role in Millrace", {
    hint: "Ask an administrator: the groups that give roles stand in the setting oidcRoles.",
    retry: "never",
  });
}

interface KnownUser {
  readonly id: string;
  readonly name: string;
  readonly disabled: boolean;
}

async function find(client: Queryable, { issuer, subject }: ExternalPerson): Promise<KnownUser | undefined> {
  const { rows } = await client.query<KnownUser>(
    `SELECT id, name, disabled_at IS NOT NULL AS disabled FROM millrace_control.users
     WHERE oidc_issuer = $1 AND oidc_subject = $2`,
    [issuer, subject],
  );
  return rows[0];
}

async function add(
  client: Queryable,
  clock: Clock,
  person: ExternalPerson & { readonly role: Role },
): Promise<KnownUser> {
  const { issuer, subject, role } = person;
  const host = new URL(issuer).host;
  const wanted = [...person.names, `${person.names[0] ?? subject}@${host}`, `${subject}@${host}`];
  const name = await freeName(
    client,
    wanted.map((each) => each.normalize("NFC").slice(0, 100)),
  );
  const id = await insertUser(client, { name, role, external: { issuer, subject }, by: host }, clock);
  return { id, name, disabled: false };
}

async function freeName(client: Queryable, wanted: readonly string[]): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT lower(name) AS name FROM millrace_control.users WHERE lower(name) = ANY (SELECT lower(each) FROM unnest($1::text[]) AS each)",
    [wanted],
  );
  const taken = new Set(rows.map(({ name }) => name));
  const free = wanted.find((name) => name.trim() !== "" && !taken.has(name.toLowerCase()));
  if (free !== undefined) return free;
  throw new MillraceError(
    "MLR_SIGN_IN_OIDC",
    "All names that the service gives for you are taken by others",
    {
      hint: "Ask an administrator to remove or rename the other user.",
      retry: "never",
    },
  );
}
