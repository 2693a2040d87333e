import type { Convert, Field, Place } from "./field.ts";

/** A field of JSON values: texts and numbers go through the conversion where there is one. */
export function converted(
  name: string,
  convert: Convert | undefined,
  find: (place: Place) => unknown,
): Field {
  return {
    name,
    ...(convert?.columnType === undefined ? {} : { type: convert.columnType }),
    read: (place) => {
      const value = find(place) ?? null;
      if (convert === undefined || value === null) return value;
      return typeof value === "string" || typeof value === "number"
        ? (convert(String(value), place) ?? null)
        : null;
    },
  };
}
