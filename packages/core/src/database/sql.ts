/** A statement with its values kept apart, for any database: the tag `statement` makes it. */
export interface Sql {
  /** The parts of the text between the values: always one more than values. */
  readonly parts: readonly string[];
  readonly values: readonly unknown[];
}

/**
 * A statement whose `${…}` are sent as values, never as text.
 * @example context.database("crm").query(statement`select * from customers where region = ${region}`)
 */
export function statement(parts: readonly string[], ...values: readonly unknown[]): Sql {
  return { parts: [...parts], values };
}

/** The statement's text with the database's placeholders: `$1`, `?`, `@p1`. Numbers begin at 1. */
export function sqlText(statement: Sql, placeholder: (number: number) => string): string {
  return statement.parts.reduce((text, part, index) => text + placeholder(index) + part);
}

/** A statement put together of pieces: texts as they are, and statements with their values. */
export function composeSql(pieces: readonly (string | Sql)[]): Sql {
  const parts = [""];
  const values: unknown[] = [];
  for (const piece of pieces) {
    const [first = "", ...rest] = typeof piece === "string" ? [piece] : piece.parts;
    parts.push(`${parts.pop() ?? ""}${first}`, ...rest);
    if (typeof piece !== "string") values.push(...piece.values);
  }
  return { parts, values };
}
