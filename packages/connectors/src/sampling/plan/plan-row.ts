import { MillraceError } from "@millrace/core";
import type { VariableInput } from "../../shared/sampling/index.ts";

const NUMBERS = new Set(["id", "intervalMs", "scale", "offset"]);
const KNOWN = new Set([...NUMBERS, "name", "address", "type", "reader", "unit", "deadband", "tags"]);

/**
 * A variable from a row of a file or table: columns are called like the options, in any case and with or without underscores
 * (`interval_ms`); empty ones have their defaults, and tags stand apart by commas. Fails with MLR_SOURCE_FORMAT.
 * @param where for messages: `plan.csv, line 3`
 */
export function variableOfRow(row: Readonly<Record<string, unknown>>, where: string): VariableInput {
  const variable: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(row)) {
    const name = column
      .trim()
      .toLowerCase()
      .replaceAll(/[_ -](.)/g, (_, letter: string) => letter.toUpperCase());
    const option = name === "intervalms" ? "intervalMs" : name;
    if (value === null || value === undefined || value === "" || !KNOWN.has(option)) continue;
    variable[option] = valueOf(option, value, where);
  }
  for (const needed of ["id", "address", "reader"]) {
    if (variable[needed] !== undefined) continue;
    throw new MillraceError("MLR_SOURCE_FORMAT", `${where}: there is no value in the column "${needed}"`, {
      hint: "A plan has the columns id, address and reader, and may have name, type, interval_ms, scale, offset, unit, deadband and tags.",
    });
  }
  return variable as unknown as VariableInput;
}

function valueOf(option: string, value: unknown, where: string): unknown {
  if (option === "tags") return Array.isArray(value) ? value : String(value).split(/\s*[,;]\s*/);
  if (option === "deadband") return String(value).endsWith("%") ? value : numberOf(option, value, where);
  return NUMBERS.has(option) ? numberOf(option, value, where) : String(value);
}

function numberOf(column: string, value: unknown, where: string): number {
  const number = Number(value);
  if (Number.isFinite(number)) return number;
  throw new MillraceError(
    "MLR_SOURCE_FORMAT",
    `${where}: "${String(value)}" in the column "${column}" is no number`,
    {
      hint: "Write numbers with a point and without units.",
    },
  );
}
