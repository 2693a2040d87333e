/**
 * Compares two plain decimals exactly: negative where `a` is less, positive where it is greater, 0 where they are equal,
 * NaN where one of them is "NaN". Doubles tell most of them apart; only what is equal as a double is compared digit by digit.
 */
export function compareDecimal(a: string, b: string): number {
  if (a === b) return a === "NaN" ? Number.NaN : 0;
  const [x, y] = [Number(a), Number(b)];
  if (x !== y) return x < y ? -1 : x > y ? 1 : Number.NaN;
  if (isInfinite(a) || isInfinite(b)) return a === "Infinity" || b === "-Infinity" ? 1 : -1;
  const scale = Math.max(fraction(a), fraction(b));
  const [left, right] = [scaled(a, scale), scaled(b, scale)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function isInfinite(text: string): boolean {
  return text === "Infinity" || text === "-Infinity";
}

function fraction(text: string): number {
  const point = text.indexOf(".");
  return point === -1 ? 0 : text.length - point - 1;
}

function scaled(text: string, scale: number): bigint {
  return BigInt(text.replace(".", "") + "0".repeat(scale - fraction(text)));
}
