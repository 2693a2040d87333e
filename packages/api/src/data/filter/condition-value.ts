import { MillraceError } from "@millrace/core";
import { type Condition, FILTER_LIST } from "./filter.ts";

/** The value as text. Fails with MLR_ARGUMENT_INVALID for a list or null. */
export function textOf({ column, op, value }: Condition): string {
  if (typeof value === "string") return checkText(value, column);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${column}" with "${op}" needs one value`, {
    hint: value === null ? 'Rows without a value are found by "null": true.' : '"in" takes a list.',
    details: { column, operator: op },
  });
}

/** The values as texts. Fails with MLR_ARGUMENT_INVALID for what is no list, and for a long one. */
export function listOf({ column, op, value }: Condition): readonly string[] {
  if (!Array.isArray(value) || value.length > FILTER_LIST) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${column}" with "${op}" needs a list of at most ${FILTER_LIST} values`,
      {
        hint: `Such as ${column}.${op}=a,b.`,
        details: { column, operator: op },
      },
    );
  }
  return value.map((each: string | number | boolean) => checkText(String(each), column));
}

/** Whether `null` asks for rows without a value. Fails with MLR_ARGUMENT_INVALID. */
export function booleanOf({ column, op, value }: Condition): boolean {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `"${column}" with "${op}" needs true or false`, {
    hint: `${column}.null=true finds rows without a value.`,
    details: { column, operator: op },
  });
}

/** The value as JSON text. */
export function jsonOf(condition: Condition): string {
  return typeof condition.value === "string" ? textOf(condition) : JSON.stringify(condition.value);
}

/** The value as a pattern. PostgreSQL refuses one that ends with the sign that escapes. */
export function patternOf(condition: Condition): string {
  const text = textOf(condition);
  const slashes = /\\*$/.exec(text)?.[0].length ?? 0;
  if (slashes % 2 === 0) return text;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `The pattern for "${condition.column}" ends with a single \\`,
    {
      hint: "Write \\\\ for the character itself.",
      details: { column: condition.column },
    },
  );
}

function checkText(text: string, column: string): string {
  if (!text.includes("\0") && text.isWellFormed()) return text;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `The value for "${column}" is no text that a database can hold`,
    {
      hint: "Leave out NUL characters and halves of surrogate pairs.",
      details: { column },
    },
  );
}

/** The value as the elements of an array; one text stands for itself. */
export function arrayOf(condition: Condition): readonly string[] {
  return Array.isArray(condition.value) ? listOf(condition) : [textOf(condition)];
}
