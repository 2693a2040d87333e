import { MillraceError } from "@millrace/core";

/** UTF-16 code units that SQL Server keeps of a name (`sysname`); a longer one is refused by the server. */
export const IDENTIFIER_LENGTH = 128;

/**
 * `name` in brackets. Any text is safe; fails with MLR_ARGUMENT_INVALID where SQL Server could not store the name: empty,
 * with a NUL, or longer than 128 characters.
 */
export function quoteName(name: string): string {
  if (name === "" || name.includes("\0")) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `${JSON.stringify(name)} cannot be a name in SQL Server: it is empty or has a NUL character`,
      { hint: "Give the table or column another name." },
    );
  }
  if (name.length > IDENTIFIER_LENGTH) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${name.slice(0, 40)}…" has ${name.length} characters; names in SQL Server have at most ${IDENTIFIER_LENGTH}`,
      { hint: "Give the table or column a shorter name." },
    );
  }
  return `[${name.replaceAll("]", "]]")}]`;
}

/** A dotted name in brackets: `quotePath("dbo", "my table")` is `[dbo].[my table]`. */
export function quotePath(...names: readonly string[]): string {
  return names.map(quoteName).join(".");
}

/** `text` as a quoted literal of `nvarchar`. */
export function quoteLiteral(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`;
}

/**
 * A name as people write it, in its parts: `sales.orders`, `[my schema].[a.b]`. Fails with MLR_ARGUMENT_INVALID where it
 * is no name of one to four parts.
 */
export function splitName(name: string): string[] {
  const parts: string[] = [];
  const part = /(?:\[((?:[^\]]|\]\])+)\]|([^.[\]]+))(\.|$)/y;
  while (part.lastIndex < name.length) {
    const found = part.exec(name);
    if (found === null) break;
    parts.push(found[1]?.replaceAll("]]", "]") ?? found[2]?.trim() ?? "");
    if (found[3] === "" && part.lastIndex === name.length && parts.length <= 4) return parts;
  }
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${JSON.stringify(name.slice(0, 80))} is no name in SQL Server`,
    {
      hint: "Write name, schema.name or database.schema.name; brackets around a part that has dots.",
    },
  );
}
