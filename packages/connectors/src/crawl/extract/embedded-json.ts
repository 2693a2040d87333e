import type { Page } from "../page/page.ts";
import { compileSelector, selectAll } from "../page/select.ts";

const parsed = new WeakMap<Page, readonly Record<string, unknown>[]>();

/** All JSON-LD objects of a page, those of lists and `@graph` one by one. What is no JSON is left out. */
export function jsonLdOf(page: Page): readonly Record<string, unknown>[] {
  const known = parsed.get(page);
  if (known !== undefined) return known;
  const found: Record<string, unknown>[] = [];
  for (const script of selectAll(compileSelector('script[type="application/ld+json" i]'), page.document)) {
    const data = script.children.map((child) => ("data" in child ? child.data : "")).join("");
    collect(parseLoose(data), found);
  }
  parsed.set(page, found);
  return found;
}

/** JSON as sites embed it: in comments, with raw line breaks in strings. Undefined where it is none. */
export function parseLoose(text: string): unknown {
  const bare = text
    .trim()
    .replace(/^(<!--|\/\*\s*<!\[CDATA\[\s*\*\/|<!\[CDATA\[)/, "")
    .replace(/(-->|\/\*\s*\]\]>\s*\*\/|\]\]>)$/, "")
    .replace(/;\s*$/, "");
  for (const candidate of [bare, bare.replaceAll(/[\u0000-\u001F]+/g, " ")]) {
    try {
      return JSON.parse(candidate) as unknown;
    } catch {
      // The next way of reading it may do.
    }
  }
  return undefined;
}

function collect(value: unknown, found: Record<string, unknown>[]): void {
  if (Array.isArray(value)) {
    for (const each of value as unknown[]) collect(each, found);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const object = value as Record<string, unknown>;
  found.push(object);
  if (Array.isArray(object["@graph"])) collect(object["@graph"], found);
}
