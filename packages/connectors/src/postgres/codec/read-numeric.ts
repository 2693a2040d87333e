const NEGATIVE = 0x4000;
const NAN = 0xc000;
const INFINITY = 0xd000;
const MINUS_INFINITY = 0xf000;

/** Reads what numeric_send wrote as a canonical plain decimal: no needless zeros, whatever the column's scale. */
export function readNumeric(bytes: Buffer, at: number): string {
  const groups = bytes.readUInt16BE(at);
  const weight = bytes.readInt16BE(at + 2);
  const sign = bytes.readUInt16BE(at + 4);
  if (sign === NAN) return "NaN";
  if (sign === INFINITY) return "Infinity";
  if (sign === MINUS_INFINITY) return "-Infinity";
  if (groups === 0) return "0";
  let whole = "";
  let fraction = "";
  // Groups of zeros are not sent where they stand at an end: before the first digit, or between it and the point.
  if (weight < -1) fraction = "0000".repeat(-1 - weight);
  for (let i = 0; i < groups; i++) {
    const group = bytes.readUInt16BE(at + 8 + i * 2);
    if (i <= weight) whole += i === 0 ? String(group) : padded(group);
    else fraction += padded(group);
  }
  if (groups <= weight) whole += "0000".repeat(weight + 1 - groups);
  let end = fraction.length;
  while (end > 0 && fraction.charCodeAt(end - 1) === 48) end--;
  const digits = `${whole === "" ? "0" : whole}${end === 0 ? "" : `.${fraction.slice(0, end)}`}`;
  return sign === NEGATIVE && digits !== "0" ? `-${digits}` : digits;
}

function padded(group: number): string {
  return group > 999 ? String(group) : group > 99 ? `0${group}` : group > 9 ? `00${group}` : `000${group}`;
}
