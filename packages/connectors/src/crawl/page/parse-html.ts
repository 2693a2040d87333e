import type { Document } from "domhandler";
import { parseDocument } from "htmlparser2";
import { parse } from "parse5";
import { adapter } from "parse5-htmlparser2-tree-adapter";

/** `fast`: by htmlparser2, which leaves badly nested tags as they stand. `strict`: as browsers do, three times slower. */
export type Parsing = "fast" | "strict";

/** The tree of a page. Broken HTML gives a tree as well. */
export function parseHtml(html: string, parsing: Parsing): Document {
  return parsing === "strict" ? parse(html, { treeAdapter: adapter }) : parseDocument(html);
}
