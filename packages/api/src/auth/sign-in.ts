import { MillraceError } from "@millrace/core";
import type { Authentication } from "./authentication.ts";
import { hashPassword, isOutdated, verifyPassword } from "./password-hash.ts";

/**
 * The user of a name and password. Takes as long for a name that does not exist, and says the same, so that nobody finds out
 * who has an account. Fails with MLR_SIGN_IN_FAILED or MLR_SIGN_IN_LIMIT.
 */
export async function checkPassword(
  { users, failures, turns, passwordCost }: Authentication,
  given: {
    readonly name: string;
    readonly password: string;
    readonly address: string;
    /** Is told whose name it is, before it is known whether the password is right. */
    readonly meant: (name: string) => void;
  },
): Promise<{ readonly id: string }> {
  const { name, password, address, meant } = given;
  await failures.count(address, name);
  const user = await users.signingIn(name);
  // What is no name of anybody may be a password that was typed into the wrong field.
  if (user !== undefined) meant(user.name);
  const passwordHash = user?.passwordHash;
  const right = await turns.take(() => verifyPassword(password, passwordHash, passwordCost));
  if (!right || user === undefined || passwordHash === undefined) {
    throw new MillraceError("MLR_SIGN_IN_FAILED", "Name or password is wrong", {
      hint: "Who forgot their password signs in by a link: an administrator makes one, or `millrace user link` on the server.",
    });
  }
  await failures.forgive(address, name);
  if (isOutdated(passwordHash, passwordCost)) {
    const better = await turns.take(() => hashPassword(password, passwordCost));
    await users.upgradeHash(user.id, passwordHash, better);
  }
  return { id: user.id };
}
