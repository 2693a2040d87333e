import { atPath } from "./json-path.ts";
import { jsonLdOf } from "./embedded-json.ts";
import { converted } from "./converted.ts";
import type { Convert, Field } from "./field.ts";

/**
 * A value of the page's JSON-LD.
 * @param type of the object, such as `Product`; any of several.
 * @param path names with dots between them, such as `offers.price`; `""` is the object.
 * @param convert what to make of a text or number; default: as it stands.
 * @example jsonLd("Product", "offers.price", price)
 */
export function jsonLd(type: string | readonly string[], path: string, convert?: Convert): Field {
  const wanted = new Set(typeof type === "string" ? [type] : type);
  return converted(`jsonLd(${JSON.stringify(type)}, "${path}")`, convert, ({ page }) => {
    for (const object of jsonLdOf(page)) {
      if (!typesOf(object).some((each) => wanted.has(each))) continue;
      const value = atPath(object, path);
      if (value !== null) return value;
    }
    return null;
  });
}

function typesOf(object: Record<string, unknown>): readonly string[] {
  const type = object["@type"];
  const names: unknown[] = Array.isArray(type) ? type : [type];
  return names
    .filter((name) => typeof name === "string")
    .map((name) => name.replace(/^https?:\/\/schema\.org\//, ""));
}
