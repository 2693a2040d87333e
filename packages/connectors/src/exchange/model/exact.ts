import { canonicalDecimal } from "@millrace/core";

/** An exact decimal: `units` of ten to the power of minus `scale`. */
export interface Exact {
  readonly units: bigint;
  readonly scale: number;
}

/** Nothing. */
export const ZERO: Exact = { units: 0n, scale: 0 };

/** The number that a plain decimal such as `-12.50` says. */
export function exact(decimal: string): Exact {
  const point = decimal.indexOf(".");
  if (point < 0) return { units: BigInt(decimal), scale: 0 };
  return {
    units: BigInt(decimal.slice(0, point) + decimal.slice(point + 1)),
    scale: decimal.length - point - 1,
  };
}

/** The sum. */
export function add(a: Exact, b: Exact): Exact {
  if (a.scale === b.scale) return { units: a.units + b.units, scale: a.scale };
  if (a.scale < b.scale)
    return { units: a.units * 10n ** BigInt(b.scale - a.scale) + b.units, scale: b.scale };
  return { units: a.units + b.units * 10n ** BigInt(a.scale - b.scale), scale: a.scale };
}

/** The difference. */
export function subtract(a: Exact, b: Exact): Exact {
  return add(a, { units: -b.units, scale: b.scale });
}

/** The product. */
export function multiply(a: Exact, b: Exact): Exact {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

/** Negative, zero or positive, as `a` is less than, the same as or more than `b`. */
export function compare(a: Exact, b: Exact): number {
  const { units } = subtract(a, b);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** The number as a plain decimal without trailing zeros. */
export function plain({ units, scale }: Exact): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return canonicalDecimal(units < 0n ? `-${text}` : text) ?? text;
}
