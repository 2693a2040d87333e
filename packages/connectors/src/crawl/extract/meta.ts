import { compileSelector, selectOne } from "../page/select.ts";
import { text } from "./convert/text.ts";
import { type Convert, convertedField, type Field } from "./field.ts";

/**
 * The content of a `<meta>` of the page by its `property` (OpenGraph) or `name`.
 * @example meta("og:title")
 */
export function meta(name: string, convert: Convert = text): Field {
  const quoted = JSON.stringify(name);
  const query = compileSelector(`meta[property=${quoted} i], meta[name=${quoted} i]`);
  return convertedField(
    `meta(${quoted})`,
    convert,
    ({ page }) => selectOne(query, page.document)?.attribs["content"],
  );
}
