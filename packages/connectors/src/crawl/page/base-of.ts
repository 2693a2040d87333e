import type { Document } from "domhandler";
import { compileSelector, selectOne } from "./select.ts";

/** The address that a page's relative ones start from: that of `<base href>`, or its own. */
export function baseOf(document: Document, url: string): string {
  const href = selectOne(compileSelector("base[href]"), document)?.attribs["href"];
  return (href === undefined ? undefined : URL.parse(href.trim(), url)?.href) ?? url;
}
