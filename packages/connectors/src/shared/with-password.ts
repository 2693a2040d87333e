import { MillraceError } from "@millrace/core";

/** A connection URL with a password that is given apart; the same where none is. Fails with MLR_ARGUMENT_INVALID. */
export function withPassword(url: string, password: string | undefined, where: string): string {
  if (password === undefined) return url;
  let parts: URL;
  try {
    parts = new URL(url);
  } catch {
    // It may hold a password of its own, so it is not repeated.
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${where}: option "url" is not a URL`, {
      hint: "Write it as scheme://user@host:port/database, with special characters percent-encoded.",
      details: { option: "url" },
    });
  }
  if (parts.username === "") {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${where}: option "password" needs a user in the URL`, {
      hint: "Write the URL as scheme://user@host:port/database.",
      details: { option: "password" },
    });
  }
  parts.password = encodeURIComponent(password);
  return parts.href;
}
