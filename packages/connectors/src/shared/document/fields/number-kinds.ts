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
  const before = CURRENCY.test(words[at] ?? "") ? 1 : 0;
  const first = words[at + before];
  if (first === undefined) return undefined;
  const match = SIGNED.exec(first.replace(/[,;:]$/, ""));
  if (match === null) return undefined;
  const [, open, sign, front = "", sign2, digits = "", back = "", close] = match;
  const trail = back.trim();
  const minusBehind = /^[-\u2212]$/.test(trail);
  if (front !== "" && !CURRENCY.test(front.trim())) return undefined;
  const tail = trail.replace(/^\.?[-\u2013\u2014]+$/, "");
  if (tail !== "" && !CURRENCY.test(tail)) return undefined;
  // 1 234,50: thousands apart.
  const apart =
    /^\d{1,3}$/.test(digits) && back === "" && /^\d{3}([.,]\d{2})$/.test(words[at + before + 1] ?? "");
  const text = apart ? `${digits}${words[at + before + 1]}` : digits;
  const number = readNumber(text, notation.numbers);
  if (number === undefined) return undefined;
  let used = before + (apart ? 2 : 1);
  const behind = CURRENCY.test(words[at + used] ?? "");
  if (behind && before === 0) used++;
  const negative =
    (open !== undefined && close !== undefined) || isMinus(sign) || isMinus(sign2) || minusBehind;
  const zero = /^[0.]+$/.test(number.value);
  return {
    value: negative && !zero ? `-${number.value}` : number.value,
    used,
    quality: number.quality,
    currency: before > 0 || behind || front !== "" || tail !== "",
  };
}

function isMinus(sign: string | undefined): boolean {
  return sign !== undefined && sign !== "+";
}
