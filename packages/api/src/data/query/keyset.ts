import { MillraceError } from "@millrace/core";
import type { Grant } from "../exposure/grant.ts";
import { findColumn } from "../filter/compile-filter.ts";
import type { Parameters } from "../filter/parameters.ts";
import { quoteName } from "../schema/quote.ts";
import type { ShapeColumn } from "../schema/table-shape.ts";
import type { CursorValues } from "./cursors.ts";
import type { OrderTerm } from "./row-query.ts";

/** A part of the order of a page. */
export interface KeysetTerm {
  /** In SQL, of the table `t`. */
  readonly sql: string;
  readonly type: string;
  readonly descending: boolean;
  readonly nullable: boolean;
}

/** The order of a page: total, so that every row has one place in it. */
export interface Keyset {
  readonly terms: readonly KeysetTerm[];
  /** Whether it tells any two rows apart; where it does not, there is only one page. */
  readonly total: boolean;
  /** What cursors of it are bound to. */
  readonly name: string;
}

/** The order that is asked for with what makes it total behind. Fails with MLR_ARGUMENT_INVALID for a column that has no order. */
export function keysetOf(
  { exposure, shape, columns }: Grant,
  order: readonly OrderTerm[],
  asOf?: string,
): Keyset {
  const asked = order.map(({ column, descending }) => ({
    column: sortable(findColumn(column, columns)),
    descending,
  }));
  const names = new Set(order.map(({ column }) => column));
  // The key need not be seen by who asks: the cursor is sealed.
  const rest = shape.key.filter((name) => !names.has(name)).map((name) => findColumn(name, shape.columns));
  const descending = asked.length > 0 && asked.every((term) => term.descending);
  const terms = [...asked, ...rest.map((column) => ({ column, descending }))].map(termOf);
  const places = shape.key.length === 0 && !shape.view && asOf === undefined ? placeTerms(descending) : [];
  const name = JSON.stringify([
    exposure.name,
    terms.map(({ sql, descending: down }) => [sql, down]),
    asOf ?? null,
  ]);
  return { terms: [...terms, ...places], total: shape.key.length > 0 || places.length > 0, name };
}

/** `ORDER BY …`, or nothing. */
export function orderBy({ terms }: Keyset): string {
  if (terms.length === 0) return "";
  const parts = terms.map(({ sql, descending, nullable }) => {
    const direction = descending ? " DESC" : "";
    return `${sql}${direction}${nullable && descending ? " NULLS LAST" : ""}`;
  });
  return ` ORDER BY ${parts.join(", ")}`;
}

/** Holds for rows behind the one with these values. Fails with MLR_ARGUMENT_INVALID where they are not of this order. */
export function behind({ terms }: Keyset, values: CursorValues, parameters: Parameters): string {
  const fits =
    values.length === terms.length && values.every((value) => value === null || typeof value === "string");
  if (!fits) throw new MillraceError("MLR_ARGUMENT_INVALID", "The cursor is not one of this order");
  const given = values.map((value, at) =>
    value === null ? null : `${parameters.add(value)}::${terms[at]?.type ?? "text"}`,
  );
  const [first] = terms;
  const alike = terms.every((term) => !term.nullable && term.descending === first?.descending);
  if (alike && !given.includes(null)) {
    // One comparison of rows, which an index over these columns answers at any depth.
    return `(${terms.map(({ sql }) => sql).join(", ")}) ${first?.descending === true ? "<" : ">"} (${given.join(", ")})`;
  }
  const cases = terms.map((term, at) => {
    const before = terms.slice(0, at).map((each, place) => equal(each, given[place] ?? null));
    return `(${[...before, after(term, given[at] ?? null)].join(" AND ")})`;
  });
  return `(${cases.join(" OR ")})`;
}

function equal({ sql }: KeysetTerm, value: string | null): string {
  return value === null ? `${sql} IS NULL` : `${sql} = ${value}`;
}

function after({ sql, descending, nullable }: KeysetTerm, value: string | null): string {
  // Nothing comes behind those without a value.
  if (value === null) return "false";
  const beyond = `${sql} ${descending ? "<" : ">"} ${value}`;
  return nullable ? `(${beyond} OR ${sql} IS NULL)` : beyond;
}

function termOf({
  column,
  descending,
}: {
  readonly column: ShapeColumn;
  readonly descending: boolean;
}): KeysetTerm {
  return { sql: `t.${quoteName(column.name)}`, type: column.sqlType, descending, nullable: column.nullable };
}

/** Where rows lie: what tells them apart in a table without a key, which is only ever appended to. */
function placeTerms(descending: boolean): readonly KeysetTerm[] {
  return [
    { sql: "t.tableoid", type: "oid", descending, nullable: false },
    { sql: "t.ctid", type: "tid", descending, nullable: false },
  ];
}

function sortable(column: ShapeColumn): ShapeColumn {
  if (column.kind !== "json" && column.kind !== "other") return column;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `Column "${column.name}" is ${column.sqlType}, which has no order`,
    {
      hint: "Sort by another column.",
      details: { column: column.name },
    },
  );
}
