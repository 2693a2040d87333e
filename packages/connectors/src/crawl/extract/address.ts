import { text } from "./convert/text.ts";
import { type Convert, convertedField, type Field } from "./field.ts";

/**
 * The page's address, or what a pattern finds in it: its first group, or all of it.
 * @example address(/property-(\d+)/, number)
 */
export function address(pattern?: RegExp, convert: Convert = text): Field {
  const once =
    pattern === undefined ? undefined : new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ""));
  return convertedField(`address(${once === undefined ? "" : String(once)})`, convert, ({ page }) => {
    if (once === undefined) return page.url;
    const found = once.exec(page.url);
    return found === null ? null : (found[1] ?? found[0]);
  });
}
