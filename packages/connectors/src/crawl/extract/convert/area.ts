import type { Convert } from "../field.ts";
import { decimalText } from "./decimal-text.ts";

const SQUARE_METRES: readonly (readonly [RegExp, number])[] = [
  [/ft²|ft2|sq\.?\s?ft|square f|sqft|平方呎|平方尺|呎|尺/i, 0.092_903_04],
  [/坪/, 3.305_785_124],
  [/ha\b|hectare|公頃/i, 10_000],
  [/acre/i, 4_046.856_422_4],
  [/km²|km2/i, 1_000_000],
  [/m²|m2|㎡|sqm|sq\.?\s?m|square m|平方米|平米/i, 1],
];

/** The first area of a text in square metres; without a unit the number as it is. Null where there is none. */
export const area: Convert = (value) => inSquareMetres(value, 1);

/** The first area of a text in square feet: `432 呎` → 432. */
export const squareFeet: Convert = (value) => inSquareMetres(value, 0.092_903_04);

function inSquareMetres(value: string, unit: number): number | null {
  const found = decimalText(value);
  if (found === null) return null;
  const given = SQUARE_METRES.find(([name]) => name.test(value.normalize("NFC")))?.[1] ?? unit;
  return given === unit ? Number(found) : Math.round(Number(found) * (given / unit) * 1_000) / 1_000;
}
