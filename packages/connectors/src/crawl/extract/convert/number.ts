import type { Convert } from "../field.ts";
import { decimalText, type NumberFormat } from "./decimal-text.ts";

/** The first number of a text: `1,234 items` → 1234, `12.5%` → 12.5. Null where there is none. */
export function number(value: string): number | null {
  const found = decimalText(value);
  return found === null ? null : Number(found);
}

/**
 * `number` for texts whose way of writing is known, so that `1.234` is not taken for one and a bit.
 * @example css(".stock", numberIn({ decimal: "," }))
 */
export function numberIn(format: NumberFormat): Convert {
  return (value) => {
    const found = decimalText(value, format);
    return found === null ? null : Number(found);
  };
}
