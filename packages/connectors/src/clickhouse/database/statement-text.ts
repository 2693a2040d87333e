import { MillraceError, sqlText, type Sql } from "@millrace/core";
import { literalValue } from "./literal-value.ts";

/** The whole text of a statement, its values written into it. A text of one's own names them `{p1:Int32}`, `{p2:String}`, … */
export function statementText(statement: string | Sql, values: readonly unknown[] = []): string {
  if (typeof statement !== "string")
    return trimmed(sqlText(statement, (number) => literalValue(statement.values[number - 1])));
  if (values.length === 0) return trimmed(statement);
  const text = statement.replace(/\{p(\d+):([^{}]+)\}/g, (_, number: string, type: string) => {
    const index = Number(number) - 1;
    if (index < 0 || index >= values.length) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `the statement names value p${number}, but was given ${values.length}`,
      );
    }
    const value = values[index];
    const nullable = value === null || value === undefined ? `Nullable(${type})` : type;
    return `CAST(${literalValue(value)} AS ${nullable})`;
  });
  return trimmed(text);
}

/** Without the semicolon that people write at the end. */
function trimmed(text: string): string {
  return text.trim().replace(/;+\s*$/, "");
}

/** Whether the statement can be the source of another SELECT, so that its columns can be asked for. */
export function isSelect(text: string): boolean {
  const start = text.replace(/^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)+/, "");
  return /^(SELECT|WITH|\()/i.test(start) && !/\bFORMAT\s+\w+\s*$/i.test(text);
}
