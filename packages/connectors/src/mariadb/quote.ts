import { MillraceError } from "@millrace/core";

/** A quoted identifier. Fails with MLR_ARGUMENT_INVALID for what MariaDB takes for no name: empty, with NUL, or beyond the Basic Multilingual Plane. */
export function quote(name: string): string {
  if (name === "" || /[\0\u{10000}-\u{10ffff}]/u.test(name) || name.endsWith(" ")) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${JSON.stringify(name)} cannot be a name in MariaDB`, {
      hint: "Names need at least one character, end in no space, and have neither NUL nor characters such as emoji. Rename it with rename().",
    });
  }
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A text as a literal, under sql_mode NO_BACKSLASH_ESCAPES. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
