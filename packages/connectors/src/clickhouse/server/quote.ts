/** An identifier in backticks, each part of it: `quote("db", "t")` → `` `db`.`t` ``. */
export function quote(...parts: readonly string[]): string {
  return parts.map((part) => `\`${escaped(part, "`")}\``).join(".");
}

/** A text literal. */
export function quoteText(text: string): string {
  return `'${escaped(text, "'")}'`;
}

function escaped(text: string, mark: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`);
}
