/** Values of a statement that can have no parameters, such as a view: they are quoted in its text. */
export class InlineValues {
  /** A value as SQL. Filters give texts and lists of texts alone. */
  add(value: unknown): string {
    if (Array.isArray(value))
      return `ARRAY[${value.map((each) => literal(String(each))).join(", ")}]::text[]`;
    return literal(String(value));
  }
}

/** Right whatever `standard_conforming_strings` says. */
function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? ` E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}
