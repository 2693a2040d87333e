import type { Notation } from "./value-kind.ts";

/** A number as decimal text, and how surely it is that one. */
export interface ReadNumber {
  readonly value: string;
  readonly quality: number;
}

const SHAPE = /^\d{1,18}([.,'\u2019 \u00a0]\d{1,18})*$/;

/** Reads a number without a sign, in the notation of the document; undefined where it is none. */
export function readNumber(text: string, notation: Notation["numbers"]): ReadNumber | undefined {
  if (!SHAPE.test(text)) return undefined;
  const plain = text.replaceAll(/['\u2019 \u00a0]/g, "");
  const separators = plain.match(/[.,]/g) ?? [];
  const last = separators.at(-1);
  if (last === undefined) return { value: trimmed(plain), quality: 1 };
  const groups = plain.split(/[.,]/);
  const decimal = decimalOf(groups, separators, notation);
  if (decimal === undefined) return undefined;
  if (decimal.mark === "") return { value: trimmed(groups.join("")), quality: decimal.quality };
  const fraction = groups.at(-1) ?? "";
  return { value: trimmed(`${groups.slice(0, -1).join("")}.${fraction}`), quality: decimal.quality };
}

interface Decimal {
  /** "" for none. */
  readonly mark: string;
  readonly quality: number;
}

/** Which separator is the decimal one; undefined where the groups make no number. */
function decimalOf(
  groups: readonly string[],
  separators: readonly string[],
  notation: Notation["numbers"],
): Decimal | undefined {
  const last = separators.at(-1) ?? "";
  const known = notation === "auto" ? undefined : notation === "en" ? "." : ",";
  if (separators.some((separator) => separator !== last)) {
    const once = separators.filter((separator) => separator === last).length === 1;
    if (!once || !isGrouped(groups.slice(0, -1))) return undefined;
    // Written the other way round than the document: right in itself, but worth a look.
    return { mark: last, quality: known === undefined || known === last ? 1 : 0.8 };
  }
  if (separators.length > 1) return isGrouped(groups) ? { mark: "", quality: 1 } : undefined;
  return singleSeparator(groups, last, known);
}

function singleSeparator(groups: readonly string[], mark: string, known: string | undefined): Decimal {
  const grouped = isGrouped(groups);
  if (known === mark) return { mark, quality: 1 };
  if (known !== undefined) return grouped ? { mark: "", quality: 1 } : { mark, quality: 0.7 };
  if (!grouped || groups[0] === "0") return { mark, quality: 1 };
  // 1.234 may be either; among amounts, thousands are more frequent.
  return { mark: "", quality: 0.6 };
}

/** Up to three digits, and then three in each group. */
function isGrouped([first = "", ...rest]: readonly string[]): boolean {
  return first.length <= 3 && rest.every(({ length }) => length === 3);
}

/** Without zeros at its beginning; the digits behind the point stay as they are written. */
function trimmed(text: string): string {
  return text.replace(/^0+(?=\d)/, "");
}
