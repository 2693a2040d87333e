import { MillraceError } from "@millrace/core";
import type { Grant } from "../exposure/grant.ts";
import type { Filter } from "../filter/filter.ts";
import { readList } from "./read-list.ts";

/** The columns of a table's key. Fails with MLR_ARGUMENT_INVALID where it has none, or the caller does not see all of it. */
export function visibleKey({ exposure, shape, columns }: Grant): readonly string[] {
  if (shape.key.length > 0 && shape.key.every((name) => columns.has(name))) return shape.key;
  throw new MillraceError("MLR_ARGUMENT_INVALID", `Table "${exposure.name}" shows no key to find a row by`, {
    hint: "Ask for rows by conditions.",
    details: { table: exposure.name },
  });
}

/** What finds the row of `/data/{table}/{key}`: the values of the key's columns between commas. Fails with MLR_ARGUMENT_INVALID. */
export function keyFilter(grant: Grant, text: string): Filter {
  const key = visibleKey(grant);
  const values = key.length === 1 && !text.startsWith('"') ? [text] : readList(text, "key");
  if (values.length !== key.length) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `The key of table "${grant.exposure.name}" is ${key.join(", ")}`,
      {
        hint: `Write ${key.map((name) => `{${name}}`).join(",")}, and values with a comma in double quotes.`,
        details: { table: grant.exposure.name, key: [...key] },
      },
    );
  }
  return { and: key.map((column, at) => ({ column, op: "eq" as const, value: values[at] ?? "" })) };
}
