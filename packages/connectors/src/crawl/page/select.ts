import { MillraceError } from "@millrace/core";
import { compile, selectAll as select, selectOne as first, type Options } from "css-select";
import type { AnyNode, Document, Element } from "domhandler";

/** Where something is looked for: a page or a part of it. */
export type Within = Document | Element;
type Query = ReturnType<typeof compile<AnyNode, Element>>;

const OPTIONS: Options<AnyNode, Element> = { cacheResults: false };
const compiled = new Map<string, Query>();

/** Compiles a CSS selector once. Fails with MLR_ARGUMENT_INVALID where it is none. */
export function compileSelector(selector: string): Query {
  const known = compiled.get(selector);
  if (known !== undefined) return known;
  try {
    const query = compile<AnyNode, Element>(selector, OPTIONS);
    compiled.set(selector, query);
    return query;
  } catch (error) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `"${selector}" is not a CSS selector: ${error instanceof Error ? error.message : String(error)}`,
      { hint: "Try it in a browser: document.querySelectorAll(…).", details: { selector }, cause: error },
    );
  }
}

/** All elements that a compiled selector finds below `within`. */
export function selectAll(query: Query, within: Within): Element[] {
  return select<AnyNode, Element>(query, within.children, OPTIONS);
}

/** The first element that a compiled selector finds below `within`. */
export function selectOne(query: Query, within: Within): Element | undefined {
  return first<AnyNode, Element>(query, within.children, OPTIONS) ?? undefined;
}
