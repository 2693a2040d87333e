import { type Field, type FieldInput, toField } from "./field.ts";

/**
 * The first of several fields that has a value.
 * @example first(css(".price", price), jsonLd("offers.price", price))
 */
export function first(...inputs: readonly FieldInput[]): Field {
  const fields = inputs.map(toField);
  const type = fields[0]?.type;
  return {
    name: `first(${fields.map(({ name }) => name).join(", ")})`,
    ...(type !== undefined && fields.every((field) => field.type === type) ? { type } : {}),
    read: (place) => {
      for (const field of fields) {
        const value = field.read(place) ?? null;
        if (value !== null) return value;
      }
      return null;
    },
  };
}
