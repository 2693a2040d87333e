/** Orders two non-negative decimals by their exact values, however many digits they have. */
export function compareDecimals(a: string, b: string): number {
  if (a === b) return 0;
  const [aWhole, aFraction] = split(a);
  const [bWhole, bFraction] = split(b);
  if (aWhole.length !== bWhole.length) return aWhole.length - bWhole.length;
  if (aWhole !== bWhole) return aWhole < bWhole ? -1 : 1;
  const digits = Math.max(aFraction.length, bFraction.length);
  const left = aFraction.padEnd(digits, "0");
  const right = bFraction.padEnd(digits, "0");
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function split(decimal: string): [whole: string, fraction: string] {
  const point = decimal.indexOf(".");
  const whole = point < 0 ? decimal : decimal.slice(0, point);
  return [whole.replace(/^0+(?=\d)/, ""), point < 0 ? "" : decimal.slice(point + 1)];
}
