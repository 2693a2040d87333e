import type { Convert } from "../field.ts";
import { decimalText, type NumberFormat } from "./decimal-text.ts";

const CODES = /\b(HKD|USD|EUR|GBP|CNY|RMB|JPY|TWD|NTD|SGD|AUD|CAD|CHF|KRW|INR|MOP)\b/i;
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/HK\s?\$|港幣|港元/i, "HKD"],
  [/US\s?\$|美元/i, "USD"],
  [/NT\s?\$|新台幣/i, "TWD"],
  [/S\$/, "SGD"],
  [/A\$/, "AUD"],
  [/C\$/, "CAD"],
  [/€/, "EUR"],
  [/£/, "GBP"],
  [/₩/, "KRW"],
  [/₹/, "INR"],
  [/人民幣|人民币|元人民/, "CNY"],
  [/円/, "JPY"],
];

/** An amount of money as an exact decimal: `$1,234.50` → `1234.50`, `售 $598 萬元` → `5980000`. Null where there is none. */
export const price: Convert = Object.assign((value: string) => decimalText(value), {
  columnType: "numeric" as const,
});

/** `price` for texts whose way of writing is known. */
export function priceIn(format: NumberFormat): Convert {
  return Object.assign((value: string) => decimalText(value, format), { columnType: "numeric" as const });
}

/** The currency of a text, as its ISO code: `HK$ 5` → `HKD`. Null where it does not tell; `$` and `¥` alone tell not. */
export function currency(value: string): string | null {
  const code = CODES.exec(value)?.[1]?.toUpperCase();
  if (code === "RMB") return "CNY";
  if (code === "NTD") return "TWD";
  return code ?? SIGNS.find(([sign]) => sign.test(value))?.[1] ?? null;
}
