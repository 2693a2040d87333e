/** What numeric_send puts into the place of the sign. */
const NEGATIVE = 0x4000;
const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, "NaN"],
  [0xd000, "Infinity"],
  [0xf000, "-Infinity"],
]);
const ZERO = 48;

/** Reads what numeric_send wrote as a canonical plain decimal: no needless zeros, whatever the column's scale. */
export function readNumeric(bytes: Buffer, at: number): string {
  const groups = bytes.readUInt16BE(at);
  const weight = bytes.readInt16BE(at + 2);
  const sign = bytes.readUInt16BE(at + 4);
  if (groups === 0) return SPECIAL.get(sign) ?? "0";
  // Groups of zeros are not sent where they stand at an end: before the first digit, or between it and the point.
  let whole = weight < 0 ? "0" : String(bytes.readUInt16BE(at + 8));
  let fraction = weight < -1 ? "0000".repeat(-1 - weight) : "";
  for (let i = weight < 0 ? 0 : 1; i < groups; i++) {
    const group = padded(bytes.readUInt16BE(at + 8 + i * 2));
    if (i <= weight) whole += group;
    else fraction += group;
  }
  if (groups <= weight) whole += "0000".repeat(weight + 1 - groups);
  let end = fraction.length;
  while (end > 0 && fraction.charCodeAt(end - 1) === ZERO) end--;
  const digits = end === 0 ? whole : `${whole}.${fraction.slice(0, end)}`;
  return sign === NEGATIVE ? `-${digits}` : digits;
}

function padded(group: number): string {
  return group > 999 ? String(group) : group > 99 ? `0${group}` : group > 9 ? `00${group}` : `000${group}`;
}
