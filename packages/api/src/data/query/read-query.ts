import { MillraceError, nearest } from "@millrace/core";
import { FILTER_CONDITIONS, type Filter } from "../filter/filter.ts";
import { readFilter } from "../filter/read-filter.ts";
import { readCondition } from "./read-condition.ts";
import { readOrder } from "./read-order.ts";
import { EVERYTHING, readSelection } from "./read-selection.ts";
import { type CountKind, PAGE_DEFAULT, PAGE_LIMIT, type PageQuery } from "./row-query.ts";
import { readTime } from "./read-time.ts";

/** What an address asks for. */
export interface AskedRows extends PageQuery {
  /** Whether it says how many rows: an export has all otherwise. */
  readonly limited: boolean;
  /** Of `format=`; undefined: the header Accept says it. */
  readonly format: string | undefined;
}

const NAMES = ["select", "order", "limit", "after", "count", "asOf", "filter", "numbers", "format"] as const;
type Name = (typeof NAMES)[number];

/** Largest number that `limit` may be for an export. */
const EXPORT_LIMIT = 1_000_000_000;

/**
 * Reads the query of `GET /data/{table}`. Fails with MLR_ARGUMENT_INVALID for what it does not know, rather than to answer
 * something else than was asked.
 */
export function readQuery(search: string): AskedRows {
  const given: Partial<Record<Name, string>> = {};
  const filters: Filter[] = [];
  for (const [name, value] of new URLSearchParams(search)) {
    const known = NAMES.find((each) => each === name);
    if (known === undefined) filters.push(conditionOf(name, value));
    else if (given[known] === undefined) given[known] = value;
    else throw wrong(known, "is there twice", "Give it once.");
  }
  if (filters.length > FILTER_CONDITIONS) {
    throw wrong("filter", `has more than ${FILTER_CONDITIONS} conditions`, "Use in with a list of values.");
  }
  if (given.filter !== undefined) filters.push(filterOf(given.filter));
  const limit = given.limit === undefined ? PAGE_DEFAULT : wholeOf("limit", given.limit);
  return {
    selection: given.select === undefined ? EVERYTHING : readSelection(given.select),
    filter: filters.length === 0 ? null : filters.length === 1 ? (filters[0] ?? null) : { and: filters },
    order: given.order === undefined ? [] : readOrder(given.order),
    limit,
    limited: given.limit !== undefined,
    after: given.after,
    count: countOf(given.count),
    asOf: given.asOf === undefined ? undefined : readTime("asOf", given.asOf),
    exactNumbers: exactOf(given.numbers),
    format: given.format,
  };
}

/** Refuses pages that are too long. */
export function checkPageLimit({ limit }: AskedRows): void {
  if (limit <= PAGE_LIMIT) return;
  throw wrong(
    "limit",
    `must be at most ${PAGE_LIMIT}`,
    "Ask page by page, or for all rows by format=ndjson.",
  );
}

function conditionOf(name: string, value: string): Filter {
  const condition = readCondition(name, value);
  if (condition !== undefined) return condition;
  const guess = nearest(name, [...NAMES]);
  throw wrong(
    name,
    "is no parameter",
    guess === undefined
      ? `Conditions are written ${name}.eq=…; the others are ${NAMES.join(", ")}.`
      : `Did you mean "${guess}"? Conditions are written ${name}.eq=….`,
  );
}

function filterOf(text: string): Filter {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrong(
      "filter",
      "is not valid JSON",
      'Such as filter={"or":[{"column":"a","op":"eq","value":1},…]}.',
    );
  }
  return readFilter(json);
}

function wholeOf(name: string, text: string): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= EXPORT_LIMIT) return number;
  throw wrong(name, "must be a whole number from 1 on", `Such as ${name}=100.`);
}

function countOf(text: string | undefined): CountKind {
  if (text === undefined || text === "none" || text === "exact" || text === "estimate") return text ?? "none";
  throw wrong("count", "must be exact, estimate or none", "Leave it out where you do not need it.");
}

function exactOf(text: string | undefined): boolean {
  if (text === undefined || text === "number") return false;
  if (text === "string") return true;
  throw wrong(
    "numbers",
    "must be number or string",
    "numbers=string gives bigint and numeric as text, so that no digit is lost.",
  );
}

function wrong(field: string, why: string, hint: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", `"${field}" ${why}`, { hint, details: { field } });
}
