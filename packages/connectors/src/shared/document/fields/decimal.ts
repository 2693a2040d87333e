/** Adds decimal texts exactly. */
export function addDecimals(values: readonly string[]): string {
  const places = values.reduce((most, value) => Math.max(most, fraction(value).length), 0);
  const sum = values.reduce((total, value) => total + scaled(value, places), 0n);
  return unscaled(sum, places);
}

/** Whether two decimal texts differ by no more than a third one. */
export function within(a: string, b: string, tolerance: string): boolean {
  const places = Math.max(fraction(a).length, fraction(b).length, fraction(tolerance).length);
  const difference = scaled(a, places) - scaled(b, places);
  return (difference < 0n ? -difference : difference) <= scaled(tolerance, places);
}

function fraction(value: string): string {
  return value.split(".")[1] ?? "";
}

function scaled(value: string, places: number): bigint {
  const negative = value.startsWith("-");
  const [whole = "0", part = ""] = value.replace("-", "").split(".");
  const digits = BigInt(whole + part.padEnd(places, "0"));
  return negative ? -digits : digits;
}

function unscaled(value: bigint, places: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return value < 0n ? `-${text}` : text;
}
