import type { KeptColumn, RelationalDialect } from "../relational-dialect.ts";

/** Kinds whose text is JSON as it stands, but for NaN and the infinities. */
const NUMBERS: ReadonlySet<string> = new Set(["smallint", "integer", "bigint", "numeric", "real", "double"]);
const NOT_FINITE = "('NaN', 'Infinity', '-Infinity')";

/**
 * An expression that turns the text that one column keeps into the text that another keeps; undefined where one of them
 * keeps no text. Texts stay as they are, except that JSON has quotes around what is no number, boolean or JSON.
 */
export function textExpression(
  dialect: RelationalDialect,
  expression: string,
  from: KeptColumn,
  to: KeptColumn,
): string | undefined {
  if (!keepsText(dialect, from) || !keepsText(dialect, to)) return undefined;
  if (to.type.kind !== "json" || ["json", "array", "boolean"].includes(from.type.kind)) return expression;
  const quoted = jsonQuoted(dialect, expression);
  if (!NUMBERS.has(from.type.kind)) return quoted;
  return `CASE WHEN ${expression} IN ${NOT_FINITE} THEN ${quoted} ELSE ${expression} END`;
}

/** Whether the column keeps canonical texts. */
function keepsText(dialect: RelationalDialect, { type, form, place }: KeptColumn): boolean {
  if (form === "text" || type.kind === "text") return true;
  // JSON's storage form is text; a codec of its own may turn it into something else.
  return type.kind === "json" && dialect.codec(type, place)?.sqlType === dialect.text(place).sqlType;
}

/** `expression` as a JSON string, as JSON.stringify writes it. */
function jsonQuoted(dialect: RelationalDialect, expression: string): string {
  const escapes: [string, string][] = [
    ["\\", "\\\\"],
    ['"', '\\"'],
  ];
  for (let code = 1; code < 32; code++) {
    const character = String.fromCharCode(code);
    escapes.push([character, JSON.stringify(character).slice(1, -1)]);
  }
  const escaped = escapes.reduce(
    (text, [character, escape]) =>
      `REPLACE(${text}, ${dialect.literal(character)}, ${dialect.literal(escape)})`,
    expression,
  );
  return `CONCAT('"', ${escaped}, '"')`;
}
