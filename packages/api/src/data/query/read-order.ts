import { MillraceError } from "@millrace/core";
import { readList } from "./read-list.ts";
import { ORDER_LIMIT, type OrderTerm } from "./row-query.ts";

/** Reads `price.desc,name`: columns with `.asc` or `.desc` behind. Fails with MLR_ARGUMENT_INVALID. */
export function readOrder(text: string): readonly OrderTerm[] {
  const terms = readList(text, "order").map((part): OrderTerm => {
    const [, column = "", direction] = /^(.*?)(?:\.(asc|desc))?$/s.exec(part) ?? [];
    if (column === "") throw wrong("names no column");
    return { column, descending: direction === "desc" };
  });
  const names = terms.map(({ column }) => column);
  if (terms.length > ORDER_LIMIT) throw wrong(`has more than ${ORDER_LIMIT} columns`);
  if (new Set(names).size < names.length) throw wrong("names a column twice");
  return terms;
}

function wrong(why: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `"order" ${why}`, {
    hint: "Such as order=price.desc,name.",
    details: { field: "order" },
  });
}
