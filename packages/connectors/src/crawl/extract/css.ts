import { compileSelector, selectAll, selectOne } from "../page/select.ts";
import { textOf } from "../page/text-of.ts";
import { type Convert, convertedField, type Field } from "./field.ts";
import { text } from "./convert/text.ts";

/**
 * Text of the first element that a CSS selector finds. Null where it finds none. Fails with MLR_ARGUMENT_INVALID for a
 * selector that is none.
 * @param convert such as `number`, `price`, `date`; default `text`.
 * @example css(".price", price)
 */
export function css(selector: string, convert: Convert = text): Field {
  const query = compileSelector(selector);
  return convertedField(`css(${JSON.stringify(selector)})`, convert, ({ within }) => {
    const found = selectOne(query, within);
    return found === undefined ? null : textOf(found);
  });
}

/**
 * An attribute of the first element that a CSS selector finds; `""` is the element that the row is made of.
 * @example attr("a.detail", "href", url)
 */
export function attr(selector: string, name: string, convert: Convert = text): Field {
  const query = selector === "" ? undefined : compileSelector(selector);
  return convertedField(`attr(${JSON.stringify(selector)}, "${name}")`, convert, ({ within }) => {
    if (query !== undefined) return selectOne(query, within)?.attribs[name];
    return "attribs" in within ? within.attribs[name] : null;
  });
}

/**
 * The values of all elements that a CSS selector finds, as an array; those that are null are left out.
 * @param options.attribute the attribute that is meant, instead of the text.
 * @example all("img.photo", { attribute: "src", as: url })
 */
export function all(
  selector: string,
  options: { readonly attribute?: string; readonly as?: Convert } = {},
): Field {
  const query = compileSelector(selector);
  const { attribute, as: convert = text } = options;
  return {
    name: `all(${JSON.stringify(selector)})`,
    type: "json",
    read: (place) =>
      selectAll(query, place.within).flatMap((element) => {
        const found = attribute === undefined ? textOf(element) : element.attribs[attribute];
        const value: unknown = found === undefined ? null : (convert(found, place) ?? null);
        return value === null ? [] : [value];
      }),
  };
}
