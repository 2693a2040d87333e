import { MillraceError } from "@millrace/core";
import { z } from "zod";
import { RowFilter } from "./schemas.ts";

const MAX_FILTERS = 20;
const Filters = z.array(RowFilter).max(MAX_FILTERS);
const Key = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const Names = z.array(z.string().min(1)).min(1).max(2_000);

/** The conditions of the parameter `where`. Fails with MLR_ARGUMENT_INVALID. */
export function readFilters(where: string | undefined): readonly z.output<typeof RowFilter>[] {
  if (where === undefined) return [];
  return checkFilters(read("where", where, Filters, '[{"column":"price","operator":">=","value":"10"}]'));
}

/** Fails with MLR_ARGUMENT_INVALID where a condition lacks its value, or has one that it does not take. */
export function checkFilters(
  filters: readonly z.output<typeof RowFilter>[],
): readonly z.output<typeof RowFilter>[] {
  for (const { column, operator, value } of filters) {
    if ((operator === "null" || operator === "not null") === (value !== undefined)) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `the condition ${operator} on column "${column}" ${value === undefined ? "needs" : "takes no"} value`,
      );
    }
  }
  return filters;
}

/** The key of a row, each value as text. Fails with MLR_ARGUMENT_INVALID. */
export function readKey(text: string): Readonly<Record<string, string>> {
  const key = read("key", text, Key, '{"id":"17"}');
  return Object.fromEntries(Object.entries(key).map(([column, value]) => [column, String(value)]));
}

/** Names of columns. Fails with MLR_ARGUMENT_INVALID. */
export function readNames(text: string | undefined): readonly string[] | undefined {
  return text === undefined ? undefined : read("columns", text, Names, '["id","price"]');
}

function read<T extends z.ZodType>(name: string, text: string, schema: T, example: string): z.output<T> {
  const hint = `Such as: ${example}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", `${name} is no JSON`, { hint, cause });
  }
  const checked = schema.safeParse(json);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${name} is not as it has to be${place}: ${issue?.message}`,
    {
      hint,
    },
  );
}
