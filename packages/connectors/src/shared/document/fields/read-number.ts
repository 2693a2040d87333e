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

/** Which separator is the decimal one: "" for none of them. Undefined where the groups make no number. */
function decimalOf(
  groups: readonly string[],
  separators: readonly string[],
  notation: Notation["numbers"],
): { mark: string; quality: number } | undefined {
  const last = separators.at(-1) ?? "";
  const grouped = (count: number): boolean =>
    groups.slice(1, count).every(({ length }) => length === 3) && (groups[0]?.length ?? 4) <= 3;
  const mixed = separators.some((separator) => separator !== last);
  const known = notation === "auto" ? undefined : notation === "en" ? "." : ",";
  if (mixed) {
    const once = separators.filter((separator) => separator === last).length === 1;
    if (!once || !grouped(groups.length - 1)) return undefined;
    // Written the other way round than the document: right in itself, but worth a look.
    return { mark: last, quality: known === undefined || known === last ? 1 : 0.8 };
  }
  if (separators.length > 1) return grouped(groups.length) ? { mark: "", quality: 1 } : undefined;
  const three = groups[1]?.length === 3 && grouped(groups.length);
  if (known !== undefined) {
    if (last === known) return { mark: last, quality: 1 };
    return three ? { mark: "", quality: 1 } : { mark: last, quality: 0.7 };
  }
  if (!three || groups[0] === "0") return { mark: last, quality: 1 };
  // 1.234 may be either; among amounts, thousands are more frequent.
  return { mark: "", quality: 0.6 };
}

/** Without zeros at its beginning; the digits behind the point stay as they are written. */
function trimmed(text: string): string {
  return text.replace(/^0+(?=\d)/, "");
}
