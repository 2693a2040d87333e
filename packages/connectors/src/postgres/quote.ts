import { MillraceError } from "@millrace/core";

/** Bytes that PostgreSQL keeps of an identifier; what is longer it would cut off silently. */
export const IDENTIFIER_BYTES = 63;

/**
 * `name` as a quoted SQL identifier. Any text is safe; fails with MLR_ARGUMENT_INVALID where PostgreSQL could not
 * store the name as it is: empty, with a NUL, or longer than 63 bytes of UTF-8.
 */
export function quoteIdentifier(name: string): string {
  if (name === "" || name.includes("\0")) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `${JSON.stringify(name)} cannot be a name in PostgreSQL: it is empty or has a NUL character`,
      { hint: "Give the table or column another name." },
    );
  }
  if (name.length * 3 > IDENTIFIER_BYTES && Buffer.byteLength(name) > IDENTIFIER_BYTES) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${name}" is longer than the ${IDENTIFIER_BYTES} bytes that PostgreSQL keeps of a name`,
      { hint: "Give the table or column a shorter name." },
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A table's name, with its database schema (namespace). */
export interface QualifiedName {
  readonly namespace: string;
  readonly name: string;
}

/** `"namespace"."name"`, so that no search_path matters. Fails like `quoteIdentifier`. */
export function quoteTable(table: QualifiedName): string {
  return `${quoteIdentifier(table.namespace)}.${quoteIdentifier(table.name)}`;
}

/** `text` as a quoted SQL literal, right whatever `standard_conforming_strings` says. Fails with MLR_ARGUMENT_INVALID on a NUL. */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "PostgreSQL cannot store a text with a NUL character");
  }
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
