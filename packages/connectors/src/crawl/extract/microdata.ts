import type { Element } from "domhandler";
import { compileSelector, selectOne } from "../page/select.ts";
import { textOf } from "../page/text-of.ts";
import { text } from "./convert/text.ts";
import { type Convert, convertedField, type Field } from "./field.ts";

const LINKS: Readonly<Record<string, string>> = {
  a: "href",
  area: "href",
  link: "href",
  img: "src",
  audio: "src",
  video: "src",
  iframe: "src",
  source: "src",
  object: "data",
};

/**
 * A property of the page's microdata; of a certain item where its type is said.
 * @example microdata("price", { type: "Offer" }, price)
 */
export function microdata(
  property: string,
  options: { readonly type?: string } = {},
  convert: Convert = text,
): Field {
  const item = options.type === undefined ? "" : `[itemtype$=${JSON.stringify(options.type)}] `;
  const query = compileSelector(`${item}[itemprop~=${JSON.stringify(property)}]`);
  return convertedField(`microdata("${property}")`, convert, ({ within }) => {
    const found = selectOne(query, within);
    return found === undefined ? null : valueOf(found);
  });
}

/** Where microdata says that the value of an element is. */
function valueOf(element: Element): string | undefined {
  const { attribs, name } = element;
  if (attribs["content"] !== undefined) return attribs["content"];
  const link = LINKS[name];
  if (link !== undefined) return attribs[link];
  if (name === "time") return attribs["datetime"] ?? textOf(element);
  if (name === "data" || name === "meter") return attribs["value"];
  return textOf(element);
}
