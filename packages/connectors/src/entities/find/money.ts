import { CURRENCIES } from "../dictionaries/currencies.ts";
import type { Find, Finder } from "../entity.ts";
import { plainDecimal, SCALE_WORDS, scaled, WRITTEN_NUMBER } from "./decimal.ts";

const SIGN = `(?<currency>${[...CURRENCIES.keys()]
  .toSorted((a, b) => b.length - a.length)
  .map((sign) => sign.replaceAll(/[$.]/g, String.raw`\$&`))
  .join("|")})`;
const AMOUNT = `(?<minus>[-−]\\s?)?(?<amount>${WRITTEN_NUMBER})(?:,[-–—])?`;
const SPACE = "[ \\u00A0\\u202F]?";
const BEHIND = new RegExp(
  `(?<![\\p{L}\\d.,/])${AMOUNT}${SPACE}(?<scale>${SCALE_WORDS})?${SPACE}(?:US[- ])?${SIGN}(?![\\p{L}\\d])`,
  "giu",
);
const BEFORE = new RegExp(
  `(?<![\\p{L}\\d])${SIGN}${SPACE}${AMOUNT}(?:${SPACE}(?<scale>${SCALE_WORDS})(?![\\p{L}\\d]))?`,
  "giu",
);

/** Amounts with their currency before or behind them. */
export const findMoney: Finder = (text, { language }) =>
  [BEFORE, BEHIND].flatMap((pattern) =>
    Array.from(text.matchAll(pattern)).flatMap(({ 0: found, index, groups = {} }): Find[] => {
      const { currency: sign = "", amount = "", minus, scale } = groups;
      const decimal = plainDecimal(amount, language, { decimals: scale === undefined ? 2 : 3 });
      const currency = CURRENCIES.get(sign.toLowerCase());
      if (decimal === undefined || currency === undefined) return [];
      const value = `${minus === undefined ? "" : "-"}${scaled(decimal, scale, language)}`;
      const end = index + found.length;
      return [{ type: "money", start: index, end, value, currency, confidence: 0.97, by: "rules" }];
    }),
  );
