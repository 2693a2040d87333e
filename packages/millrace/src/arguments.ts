import type { BrowseFilter } from "@millrace/core";
import { durationOf } from "@millrace/orchestrator/schedule";
import { InvalidArgumentError } from "commander";

/** `--param name=value`, gathered over all its uses; a later one of the same name wins. */
export function keyValue(
  text: string,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("Write it as name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** `--where column=value`, gathered over all its uses; the operator is one of = != < <= > >=, or ~ for a part of the text. */
export function rowCondition(
  text: string,
  before: readonly BrowseFilter[] | undefined,
): readonly BrowseFilter[] {
  const [, column = "", sign = "", value = ""] = /^(\w+)\s*(!=|<=|>=|=|<|>|~)\s*(.*)$/s.exec(text) ?? [];
  if (column === "")
    throw new InvalidArgumentError("Write it as column=value, such as code=MLR_ROW_INVALID.");
  const operator =
    sign === "~" ? "contains" : (sign as Exclude<BrowseFilter["operator"], "null" | "not null">);
  return [...(before ?? []), { column, operator, value }];
}

/** A whole number from 1 up; digits may be grouped with `_`. */
export function positiveInteger(text: string): number {
  const value = /^\d[\d_]*$/.test(text) ? Number(text.replaceAll("_", "")) : Number.NaN;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("It must be a whole number from 1 up.");
}

/** Milliseconds of a duration such as `30d`, `12h` or `90 minutes`. */
export function durationMs(text: string): number {
  const value = durationOf(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError("It must be a duration such as 30d, 12h or 90m.");
}

/** A port, or 0. */
export function portNumber(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 65_535) return value;
  throw new InvalidArgumentError("It must be a port from 1 to 65535, or 0 for none.");
}
