import type { Page } from "../page/page.ts";
import { compileSelector, selectAll } from "../page/select.ts";
import { converted } from "./converted.ts";
import { parseLoose } from "./embedded-json.ts";
import type { Convert, Field } from "./field.ts";
import { atPath } from "./json-path.ts";

/**
 * A value of the data that a page of a JavaScript application carries: of `<script id="__NEXT_DATA__">`, or of what is
 * assigned to a variable such as `window.__INITIAL_STATE__`.
 * @example state("__NEXT_DATA__", "props.pageProps.product.price", price)
 */
export function state(name: string, path: string, convert?: Convert): Field {
  return converted(`state("${name}", "${path}")`, convert, ({ page }) => atPath(stateOf(page, name), path));
}

const known = new WeakMap<Page, Map<string, unknown>>();

function stateOf(page: Page, name: string): unknown {
  const ofPage = known.get(page) ?? new Map<string, unknown>();
  known.set(page, ofPage);
  if (!ofPage.has(name)) ofPage.set(name, findState(page, name));
  return ofPage.get(name);
}

function findState(page: Page, name: string): unknown {
  const assigned = new RegExp(`(?<![\\w$])${escaped(name)}["'\\]]*\\s*=\\s*(?=[[{"]|JSON\\.parse)`);
  for (const script of selectAll(compileSelector("script"), page.document)) {
    const source = script.children.map((child) => ("data" in child ? child.data : "")).join("");
    if (script.attribs["id"] === name) return parseLoose(source);
    const match = assigned.exec(source);
    if (match !== null) return parseLoose(balanced(source, match.index + match[0].length));
  }
  return undefined;
}

/** The JSON value that begins at a place of a script: up to the bracket that closes it. */
function balanced(source: string, from: number): string {
  let depth = 0;
  let quoted = false;
  for (let index = from; index < source.length; index++) {
    const character = source[index];
    if (quoted) {
      if (character === "\\") index++;
      else if (character === '"') quoted = false;
      continue;
    }
    if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth === 0) return source.slice(from, index + 1);
    }
  }
  return source.slice(from);
}

function escaped(name: string): string {
  return name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
