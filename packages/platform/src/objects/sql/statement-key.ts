/** Quoted names are kept, texts and comments are not. */
const QUOTED = /("(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$))|('(?:[^']|'')*(?:'|$))|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const NUMBER = /(?<![\w$"`[.])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b/gi;

/**
 * A text that is the same for statements which differ only in their values, space and comments, so that each is read once.
 * Lists of values that differ in length only are the same as well. One with a backslash stands for itself alone: what that
 * means for the end of a text depends on the database.
 */
export function statementKey(text: string): string {
  return text.includes("\\") ? text : withoutValues(text);
}

/** A statement for people to read, without its values as far as they can be told apart. */
export function shownStatement(text: string): string {
  const at = text.includes("\\") ? text.indexOf("'") : -1;
  return withoutValues(at < 0 ? text : `${text.slice(0, at)}''`);
}

function withoutValues(text: string): string {
  return text
    .replace(QUOTED, (_, name?: string, value?: string) => name ?? (value === undefined ? " " : "?"))
    .replace(NUMBER, "?")
    .replace(/\s+/g, " ")
    .replace(/\?(?: ?, ?\?)+/g, "?")
    .replace(/\(\?\)(?: ?, ?\(\?\))+/g, "(?)")
    .trim();
}
