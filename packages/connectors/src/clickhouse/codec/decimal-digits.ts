import { MillraceError } from "@millrace/core";

/** The integer that stands for a plain decimal at a scale: `12.5` at scale 2 → 1250n. */
export function scaledInteger(text: string, scale: number): bigint {
  const point = text.indexOf(".");
  const digits = point < 0 ? text : text.slice(0, point) + text.slice(point + 1);
  if (!/^-?\d+$/.test(digits)) {
    throw new MillraceError("MLR_ROW_INVALID", `${text} cannot be stored in a Decimal column of ClickHouse`, {
      hint: "ClickHouse's decimals have no NaN: declare the column as numeric without digits, or as double.",
    });
  }
  const decimals = point < 0 ? 0 : text.length - point - 1;
  return BigInt(digits) * 10n ** BigInt(scale - decimals);
}

/** Digits that a number holds exactly, with room for those that the scale adds. */
const SAFE_DIGITS = 15;

/** The same as a number where it has few digits, which is many times quicker; undefined where it has more. */
export function smallScaledInteger(text: string, scale: number): number | undefined {
  const { length } = text;
  if (length + scale > SAFE_DIGITS) return undefined;
  const negative = text.charCodeAt(0) === 45;
  let value = 0;
  let decimals = -1;
  for (let i = negative ? 1 : 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit === -2 && decimals < 0) decimals = 0;
    else if (digit < 0 || digit > 9) return undefined;
    else {
      value = value * 10 + digit;
      if (decimals >= 0) decimals++;
    }
  }
  for (let missing = scale - Math.max(decimals, 0); missing > 0; missing--) value *= 10;
  return negative && value !== 0 ? -value : value;
}

/** The inverse, without needless zeros: 1250n at scale 2 → `12.5`. */
export function decimalText(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const whole = digits.slice(0, -scale);
  const fraction = digits.slice(-scale).replace(/0+$/, "");
  return fraction === "" ? `${value === 0n ? "" : sign}${whole}` : `${sign}${whole}.${fraction}`;
}
