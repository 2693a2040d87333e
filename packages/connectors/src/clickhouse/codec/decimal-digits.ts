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

/** The inverse, without needless zeros: 1250n at scale 2 → `12.5`. */
export function decimalText(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const sign = value < 0n ? "-" : "";
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const whole = digits.slice(0, -scale);
  const fraction = digits.slice(-scale).replace(/0+$/, "");
  return fraction === "" ? `${value === 0n ? "" : sign}${whole}` : `${sign}${whole}.${fraction}`;
}
