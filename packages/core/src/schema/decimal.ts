/** Digits before the point that PostgreSQL's numeric holds; more is refused rather than cut. */
const MAX_INTEGER_DIGITS = 131_072;
/** Digits after the point that PostgreSQL's numeric holds. */
const MAX_FRACTION_DIGITS = 16_383;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * The number as a plain decimal: no exponent, no plus, no needless zeros, "0" for zero of either sign. Exact for text
 * and bigint; a JavaScript number gives its shortest digits that read back as the same number.
 * Undefined for what is no finite decimal, or has more digits than a numeric can hold (131,072 before, 16,383 after the point).
 */
export function canonicalDecimal(value: string | number | bigint): string | undefined {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return undefined;
    if (value === 0) return "0";
    const text = String(value);
    return text.includes("e") ? expand(text) : text;
  }
  return isCanonical(value) ? value : expand(value);
}

const CANONICAL = /^(?:0|-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]))$/;

/** True for text that `canonicalDecimal` would leave as it is: the usual case, and much cheaper to find out. */
function isCanonical(text: string): boolean {
  return text.length <= MAX_FRACTION_DIGITS && CANONICAL.test(text);
}

function expand(text: string): string | undefined {
  const parts = DECIMAL.exec(text);
  if (parts === null) return undefined;
  const integer = parts[2] ?? "";
  const fraction = parts[3] ?? "";
  if (integer === "" && fraction === "") return undefined;
  const all = integer + fraction;
  const first = firstNonZero(all);
  if (first === all.length) return "0";
  const end = lastNonZero(all);
  const digits = all.slice(first, end);
  // Where the point stands, counted from the first digit that is not zero.
  const point = integer.length - first + Number(parts[4] ?? 0);
  if (point > MAX_INTEGER_DIGITS || digits.length - point > MAX_FRACTION_DIGITS) return undefined;
  return (parts[1] === "-" ? "-" : "") + place(digits, point);
}

function place(digits: string, point: number): string {
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function firstNonZero(digits: string): number {
  let i = 0;
  while (i < digits.length && digits.charCodeAt(i) === 48) i++;
  return i;
}

function lastNonZero(digits: string): number {
  let i = digits.length;
  while (i > 0 && digits.charCodeAt(i - 1) === 48) i--;
  return i;
}

/**
 * Rounds a canonical decimal to `scale` digits after the point, half away from zero as PostgreSQL does; the result is
 * canonical. Undefined where more than `precision - scale` digits stand before the point afterwards.
 */
export function fitDecimal(text: string, precision: number, scale: number): string | undefined {
  const point = text.indexOf(".");
  const rounded = point >= 0 && text.length - point - 1 > scale ? round(text, point, scale) : text;
  const start = rounded.charCodeAt(0) === 45 ? 1 : 0;
  const dot = rounded.indexOf(".");
  const integerDigits = (dot < 0 ? rounded.length : dot) - start;
  const counted = rounded.charCodeAt(start) === 48 ? 0 : integerDigits;
  return counted > precision - scale ? undefined : rounded;
}

function round(text: string, point: number, scale: number): string {
  const negative = text.charCodeAt(0) === 45;
  const start = negative ? 1 : 0;
  const kept = text.slice(start, point) + text.slice(point + 1, point + 1 + scale);
  const up = text.charCodeAt(point + 1 + scale) >= 53;
  const digits = up ? increment(kept) : kept;
  const integer = digits.length - scale;
  const plain = scale === 0 ? digits : `${digits.slice(0, integer)}.${digits.slice(integer)}`;
  return expand(negative ? `-${plain}` : plain) ?? "0";
}

/** Adds one to a row of decimal digits. */
function increment(digits: string): string {
  let i = digits.length - 1;
  while (i >= 0 && digits.charCodeAt(i) === 57) i--;
  const zeros = "0".repeat(digits.length - 1 - i);
  return i < 0 ? `1${zeros}` : digits.slice(0, i) + String.fromCharCode(digits.charCodeAt(i) + 1) + zeros;
}
