import { MillraceError } from "@millrace/core";
import type { Authentication } from "./authentication.ts";
import type { Caller } from "./caller.ts";
import { hashPassword, verifyPassword } from "./password-hash.ts";
import { checkNewPassword } from "./password-rules.ts";
import type { OpenSession } from "./sessions.ts";
import { LINK_MS } from "./sign-in-links.ts";

/** What is asked for. */
export interface PasswordWish {
  readonly current?: string | undefined;
  readonly password: string;
  readonly address: string;
}

/**
 * Sets one's own password; every session ends. The one until now is asked for, so that an open screen is not enough; not
 * where there is none, and not soon after a link, which is for those who forgot it. Fails with MLR_SIGN_IN_FAILED,
 * MLR_SIGN_IN_LIMIT, MLR_PASSWORD_WEAK or MLR_ACCESS_DENIED.
 */
export async function changePassword(
  auth: Authentication,
  person: Caller & { readonly session: OpenSession },
  { current, password, address }: PasswordWish,
): Promise<void> {
  const { session, name, userId } = person;
  if (session.user.external) {
    throw new MillraceError("MLR_ACCESS_DENIED", "Another service signs you in, and has your password", {
      hint: "Change it there.",
    });
  }
  const byLink = session.via === "link" && auth.clock.now() - session.createdAt.getTime() < LINK_MS;
  if (session.user.hasPassword && !byLink) await checkCurrent(auth, { name, userId, current, address });
  checkNewPassword(password, name);
  await auth.users.setPassword(
    userId,
    await auth.turns.take(() => hashPassword(password, auth.passwordCost)),
  );
}

async function checkCurrent(
  { users, failures, turns, passwordCost }: Authentication,
  given: {
    readonly name: string;
    readonly userId: string;
    readonly current: string | undefined;
    readonly address: string;
  },
): Promise<void> {
  const { name, userId, current, address } = given;
  if (current === undefined) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "The password until now is missing", {
      hint: 'Send it as "current". Who forgot it signs in by a link.',
      details: { in: "body", field: "current" },
    });
  }
  await failures.count(address, name);
  const held = await users.passwordHash(userId);
  if (!(await turns.take(() => verifyPassword(current, held, passwordCost)))) {
    throw new MillraceError("MLR_SIGN_IN_FAILED", "The password until now is wrong", {
      hint: "Who forgot it signs in by a link.",
    });
  }
  await failures.forgive(address, name);
}
