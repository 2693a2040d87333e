import { readNumber } from "./read-number.ts";
import type { Notation, ReadValue, ValueKind } from "./value-kind.ts";

const CURRENCY = /^(?:[€$£¥₣₹]|CHF|EUR|USD|GBP|JPY|PLN|CZK|SEK|NOK|DKK|AUD|CAD|US\$|C\$|A\$|kr|zł|Fr\.?)$/i;
const SIGNED = /^(\()?([-+\u2212\u2013])?([^\d()+-]{0,3})([-\u2212])?(\d.*?)([^\d()]{0,4})(\))?$/;

interface ReadAmount extends ReadValue {
  readonly currency: boolean;
}

/** An amount: a number with a sign and perhaps a currency before or behind it. Its value is the number as decimal text. */
export const moneyKind: ValueKind = {
  name: "money",
  isText: false,
  read(words, at, notation) {
    const found = readAmount(words, at, notation);
    if (found === undefined) return undefined;
    const { value, used, quality, currency } = found;
    // An amount without cents and currency may be any other number.
    const plain = !currency && !/\.\d{2}$/.test(String(value));
    return { value, used, quality: plain ? quality * 0.85 : quality };
  },
};

/** A number, as decimal text. */
export const numberKind: ValueKind = {
  name: "number",
  isText: false,
  read(words, at, notation) {
    const found = readAmount(words, at, notation);
    return found === undefined || found.currency ? undefined : found;
  },
};

/** A share such as `19 %` or `7,5%`; its value is the number before the sign. */
export const percentKind: ValueKind = {
  name: "percent",
  isText: false,
  read(words, at, notation) {
    const word = words[at] ?? "";
    const joined = word.endsWith("%");
    if (!joined && words[at + 1] !== "%") return undefined;
    const number = readNumber(joined ? word.slice(0, -1) : word, notation.numbers);
    return number === undefined ? undefined : { ...number, used: joined ? 1 : 2 };
  },
};

function readAmount(words: readonly string[], at: number, notation: Notation): ReadAmount | undefined {
  const before = currencyAt(words, at);
  const word = readWord(words[at + before] ?? "");
  if (word === undefined) return undefined;
  const next = words[at + before + 1] ?? "";
  // 1 234,50: thousands apart.
  const apart = word.bare && /^\d{1,3}$/.test(word.digits) && /^\d{3}[.,]\d{2}$/.test(next);
  const number = readNumber(apart ? `${word.digits}${next}` : word.digits, notation.numbers);
  if (number === undefined) return undefined;
  const used = before + (apart ? 2 : 1);
  const behind = before === 0 ? currencyAt(words, at + used) : 0;
  return {
    value: word.negative ? negated(number.value) : number.value,
    used: used + behind,
    quality: number.quality,
    currency: before + behind > 0 || word.currency,
  };
}

/** How many words of a currency stand there. */
function currencyAt(words: readonly string[], at: number): number {
  return CURRENCY.test(words[at] ?? "") ? 1 : 0;
}

interface NumberWord {
  readonly digits: string;
  readonly negative: boolean;
  /** A currency is written against it. */
  readonly currency: boolean;
  /** Nothing stands behind its digits. */
  readonly bare: boolean;
}

/** The parts of a word such as `-€1,234.50` or `(12,00)`; undefined where it is none. */
function readWord(text: string): NumberWord | undefined {
  const match = SIGNED.exec(text.replace(/[,;:]$/, ""));
  if (match === null) return undefined;
  const [, open, sign, front = "", sign2, digits = "", back = "", close] = match;
  const behind = back.trim();
  // A dash for no cents: 12,-
  const tail = behind.replace(/^\.?[-\u2013\u2014\u2212]+$/, "");
  if ([front.trim(), tail].some((part) => part !== "" && !CURRENCY.test(part))) return undefined;
  const enclosed = open !== undefined && close !== undefined;
  return {
    digits,
    negative: enclosed || isMinus(sign) || isMinus(sign2) || /^[-\u2212]$/.test(behind),
    currency: front !== "" || tail !== "",
    bare: back === "",
  };
}

function negated(value: string): string {
  return /^[0.]+$/.test(value) ? value : `-${value}`;
}

function isMinus(sign: string | undefined): boolean {
  return sign !== undefined && sign !== "+";
}
