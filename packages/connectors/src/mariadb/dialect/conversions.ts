import type { KeptColumn } from "../../shared/relational/index.ts";

const WHOLE: readonly string[] = ["smallint", "integer", "bigint"];
/** Kinds that MariaDB writes as canonical texts are written. */
const LIKE_TEXT: ReadonlySet<string> = new Set([...WHOLE, "date", "uuid", "text"]);

/** Whether MODIFY COLUMN turns every value into exactly the one that the new column keeps. */
export function convertsInPlace(from: KeptColumn, to: KeptColumn): boolean {
  if (isText(to)) return toTextInPlace(from, to);
  if (from.form === "text") return false;
  const [before, after] = [from.type.kind, to.type.kind];
  if (WHOLE.includes(before) && WHOLE.includes(after)) return WHOLE.indexOf(before) <= WHOLE.indexOf(after);
  if (after === "double") return before === "smallint" || before === "integer" || before === "real";
  return before === "date" && after === "timestamp";
}

function toTextInPlace(from: KeptColumn, to: KeptColumn): boolean {
  const { kind } = from.type;
  // A number is JSON as it stands; what becomes a JSON string is to be quoted.
  if (to.type.kind === "json") return (from.form === "native" && WHOLE.includes(kind)) || kind === "array";
  if (to.type.kind === "array" && from.type.kind !== "array") return false;
  return from.form === "text" || LIKE_TEXT.has(kind);
}

/** An expression that turns every value of the old column into exactly the one of the new; undefined where there is none. */
export function convert(expression: string, from: KeptColumn, to: KeptColumn): string | undefined {
  if (!isText(to) || from.form === "text") return undefined;
  const json = to.type.kind === "json";
  switch (from.type.kind) {
    case "boolean":
      return `IF(${expression}, 'true', 'false')`;
    case "numeric": {
      const text = `CAST(${expression} AS CHAR)`;
      return (from.type.scale ?? 0) === 0 ? text : `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${text}))`;
    }
    case "bytea":
      // Hex digits and a backslash, which JSON writes twice.
      return json
        ? `CONCAT('"\\\\x', LOWER(HEX(${expression})), '"')`
        : `CONCAT('\\x', LOWER(HEX(${expression})))`;
    default:
      return undefined;
  }
}

/** Whether the column keeps texts. */
function isText({ type, form }: KeptColumn): boolean {
  return form === "text" || type.kind === "text";
}
