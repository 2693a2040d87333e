import type { Page } from "../page/page.ts";
import { compileSelector, selectAll } from "../page/select.ts";

/** What a page asks crawlers not to do. */
export interface PageDirectives {
  readonly noindex: boolean;
  readonly nofollow: boolean;
}

/** From `<meta name="robots">`, the crawler's own name, and the header `X-Robots-Tag`. */
export function pageDirectives(page: Page, product: string): PageDirectives {
  const said: string[] = [];
  for (const { attribs } of selectAll(compileSelector("meta[name][content]"), page.document)) {
    const name = (attribs["name"] ?? "").trim().toLowerCase();
    if (name === "robots" || name === product.toLowerCase()) said.push(attribs["content"] ?? "");
  }
  for (const part of (page.headers["x-robots-tag"] ?? "").split(",")) {
    const named = /^\s*([\w-]+)\s*:\s*(.*)$/.exec(part);
    if (named === null) said.push(part);
    else if (named[1]?.toLowerCase() === product.toLowerCase()) said.push(named[2] ?? "");
  }
  const words = new Set(said.flatMap((each) => each.toLowerCase().split(/[\s,]+/)));
  return {
    noindex: words.has("noindex") || words.has("none"),
    nofollow: words.has("nofollow") || words.has("none"),
  };
}
