/** `text` as one word of a POSIX shell, whatever is in it. Fails with RangeError for NUL, which no argument can hold. */
export function shellQuote(text: string): string {
  if (text.includes("\0")) throw new RangeError("NUL cannot be passed to a program");
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Lines that set shell variables: `NAME='value'`. */
export function shellVariables(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join("");
}
